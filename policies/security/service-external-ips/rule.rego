# METADATA
# scope: package
# title: Service claims external IPs
# description: >-
#   whoever may create a Service can so take over the traffic of any address inside the cluster (CVE-2020-8554)
# related_resources:
#   - https://kubernetes.io/docs/concepts/services-networking/service/#external-ips
# custom:
#   severity: warning
#   kinds: [Service]
#   needs: [externalIPs]
#   help: >-
#     use a load balancer or an Ingress, and refuse `externalIPs` by admission
package plimsoll.security["service-external-ips"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "externalIPs"]} if {
	resource.list(input.spec, "externalIPs") != []
	not idle
	msg := sprintf("%s claims external IPs", [resource.describe(input)])
}

# Without effect there, which `ignored-field` says.
idle if input.spec.type == "ExternalName"

idle if input.spec.clusterIP == "None"
