# METADATA
# scope: package
# title: pod shares the network of the node
# description: >-
#   the pod sees the traffic of the node, reaches services bound to localhost, and no network policy applies to it
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: ["hostNetwork: true"]
#   help: >-
#     remove `hostNetwork`
package plimsoll.security["host-network"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	workload.pod.hostNetwork == true
	path := array.concat(workload.pod_path, ["hostNetwork"])
	msg := sprintf("%s shares the network of the node", [resource.describe(input)])
}
