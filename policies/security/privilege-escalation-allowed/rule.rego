# METADATA
# scope: package
# title: privilege escalation is switched on in writing
# description: >-
#   a process of the container can gain more rights than its parent, for instance through a setuid program
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-restricted]
#   kinds: [workload]
#   needs: ["allowPrivilegeEscalation: true"]
#   help: >-
#     set `allowPrivilegeEscalation: false`
package plimsoll.security["privilege-escalation-allowed"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	container.spec.securityContext.allowPrivilegeEscalation == true
	not implied(container.spec.securityContext)
	path := array.concat(container.path, ["securityContext", "allowPrivilegeEscalation"])
	msg := sprintf("%s allows privilege escalation, in %s", [workload.title(container), resource.describe(input)])
}

# Privileged mode and the capability SYS_ADMIN allow it anyway, and have rules of their own.
implied(context) if context.privileged == true

implied(context) if {
	some capability in resource.list(context.capabilities, "add")
	capability in {"SYS_ADMIN", "CAP_SYS_ADMIN", "ALL"}
}
