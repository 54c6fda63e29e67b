# METADATA
# scope: package
# title: binding to everybody, or to the group above all rules
# description: >-
#   `system:authenticated` is every account there is, and with `system:anonymous` or `system:unauthenticated` not even
#   credentials are needed; members of `system:masters` may do anything, whatever the roles say
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: error
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/RoleBinding, rbac.authorization.k8s.io/ClusterRoleBinding]
#   needs: ["system:anonymous", "system:unauthenticated", "system:masters", "system:authenticated"]
#   help: >-
#     name the users, groups or service accounts that need the role
package plimsoll.security["anonymous-binding"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	some i, subject in resource.list(input, "subjects")
	subject.name in {"system:anonymous", "system:unauthenticated", "system:masters"}
	msg := sprintf("%s gives rights to `%s`", [resource.describe(input), subject.name])
}

deny contains {"msg": msg, "path": ["subjects", i, "name"], "severity": "warning"} if {
	some i, subject in resource.list(input, "subjects")
	subject.name == "system:authenticated"
	msg := sprintf("%s gives rights to every account, by `%s`", [resource.describe(input), subject.name])
}
