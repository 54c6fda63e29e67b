# METADATA
# scope: package
# title: container takes a port of the node
# description: >-
#   the port is open on the address of the node, past Services and network policies, and only one such pod fits on
#   a node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [hostPort]
#   help: >-
#     remove `hostPort` and reach the pod through a Service
package plimsoll.security["host-port"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	some i, port in resource.list(container.spec, "ports")
	is_number(port.hostPort)
	port.hostPort > 0
	path := array.concat(container.path, ["ports", i, "hostPort"])
	msg := sprintf("%s takes port %v of the node, in %s", [workload.title(container), port.hostPort, resource.describe(input)])
}
