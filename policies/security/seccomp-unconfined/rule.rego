# METADATA
# scope: package
# title: system call filter is switched off
# description: >-
#   every system call of the kernel is open to the container, also the ones that exploits need
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [Unconfined]
#   help: >-
#     set `seccompProfile.type: RuntimeDefault`
package plimsoll.security["seccomp-unconfined"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	workload.pod.securityContext.seccompProfile.type == "Unconfined"
	path := array.concat(workload.pod_path, ["securityContext", "seccompProfile", "type"])
	msg := sprintf("%s runs without a seccomp filter", [resource.describe(input)])
}

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	container.spec.securityContext.seccompProfile.type == "Unconfined"
	path := array.concat(container.path, ["securityContext", "seccompProfile", "type"])
	msg := sprintf("%s runs without a seccomp filter, in %s", [workload.title(container), resource.describe(input)])
}
