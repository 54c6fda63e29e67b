# METADATA
# scope: package
# title: pod shares the process namespace of the node
# description: >-
#   the pod sees every process of the node, can read their environment and, as root, end or trace them
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: ["hostPID: true"]
#   help: >-
#     remove `hostPID`
package plimsoll.security["host-pid"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	workload.pod.hostPID == true
	path := array.concat(workload.pod_path, ["hostPID"])
	msg := sprintf("%s shares the process namespace of the node", [resource.describe(input)])
}
