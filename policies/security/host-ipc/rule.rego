# METADATA
# scope: package
# title: pod shares the IPC namespace of the node
# description: >-
#   the pod can read and write the shared memory of every process on the node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: ["hostIPC: true"]
#   help: >-
#     remove `hostIPC`
package plimsoll.security["host-ipc"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	workload.pod.hostIPC == true
	path := array.concat(workload.pod_path, ["hostIPC"])
	msg := sprintf("%s shares the IPC namespace of the node", [resource.describe(input)])
}
