# METADATA
# scope: package
# title: Service opens a port on every node
# description: >-
#   the port is reachable on the address of every node, past whatever guards the way in
# related_resources:
#   - https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
# custom:
#   severity: warning
#   default: false
#   profiles: [network]
#   kinds: [Service]
#   needs: [NodePort]
#   help: >-
#     use an Ingress, a Gateway or a load balancer
package plimsoll.security["service-nodeport"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "type"]} if {
	input.spec.type == "NodePort"
	msg := sprintf("%s opens a port on every node", [resource.describe(input)])
}
