# METADATA
# scope: package
# title: container adds a capability beyond the baseline level
# description: >-
#   the capability reaches beyond the container: most of them lead to root on the node or to the traffic of its
#   neighbours
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
#   - https://man7.org/linux/man-pages/man7/capabilities.7.html
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [add]
#   help: >-
#     remove the capability; if the program needs a part of it, look for a narrower one among the 13 of the
#     baseline level
package plimsoll.security["dangerous-capability"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	some i, capability in resource.list(container.spec.securityContext.capabilities, "add")
	is_string(capability)
	not capability in baseline
	path := array.concat(container.path, ["securityContext", "capabilities", "add", i])
	msg := sprintf("%s adds the capability `%s`%s, in %s", [
		workload.title(container), capability, spelling(capability), resource.describe(input),
	])
}

# The standard compares the words exactly: `CAP_CHOWN` is not `CHOWN`.
spelling(capability) := sprintf(" (the baseline level knows it as `%s`)", [known]) if {
	known := trim_prefix(upper(capability), "CAP_")
	known in baseline
} else := ""

baseline := {
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
	"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}
