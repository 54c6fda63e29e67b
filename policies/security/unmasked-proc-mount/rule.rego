# METADATA
# scope: package
# title: container sees the whole of /proc
# description: >-
#   the parts of `/proc` that runtimes hide show the kernel of the node and let its settings be changed
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [procMount]
#   help: >-
#     remove `procMount`, or set `hostUsers: false` for the pod
package plimsoll.security["unmasked-proc-mount"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	not workload.user_namespace
	some container in workload.containers
	container.spec.securityContext.procMount == "Unmasked"
	path := array.concat(container.path, ["securityContext", "procMount"])
	msg := sprintf("%s sees the whole of `/proc`, in %s", [workload.title(container), resource.describe(input)])
}
