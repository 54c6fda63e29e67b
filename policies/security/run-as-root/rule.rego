# METADATA
# scope: package
# title: container is told to run as root
# description: >-
#   a flaw of the program or of the runtime hands out root instead of an ordinary user
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: warning
#   profiles: [pod-security-restricted]
#   kinds: [workload]
#   needs: ["runAsUser: 0", "runAsNonRoot: false"]
#   help: >-
#     set `runAsNonRoot: true` and a `runAsUser` above 0 that the image supports
package plimsoll.security["run-as-root"]

import data.plimsoll.resource
import data.plimsoll.workload

# One finding for each security context that says so: the user, else the switch, which does nothing beside another user.
deny contains {"msg": msg, "path": setting.path} if {
	not workload.user_namespace
	some container in workload.containers
	setting := told(container)
	msg := sprintf("%s %s, in %s", [setting.subject, setting.what, resource.describe(input)])
}

told(container) := object.union(user, {"what": "is told to run as user 0"}) if {
	user := workload.security(container, "runAsUser")
	user.value == 0
} else := object.union(switch, {"what": "is allowed to run as root by `runAsNonRoot: false`"}) if {
	not workload.security(container, "runAsUser")
	switch := workload.security(container, "runAsNonRoot")
	switch.value == false
}
