# METADATA
# scope: package
# title: rights for the default service account
# description: >-
#   every pod of the namespace that names no account of its own gets these rights
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/RoleBinding, rbac.authorization.k8s.io/ClusterRoleBinding]
#   needs: [default, 'name ~ :default$']
#   help: >-
#     make a service account for the program and bind that
package plimsoll.security["default-sa-binding"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["subjects", i, "name"]} if {
	some i, subject in resource.list(input, "subjects")
	is_default(subject)
	msg := sprintf("%s gives rights to the default service account", [resource.describe(input)])
}

is_default(subject) if {
	subject.kind == "ServiceAccount"
	subject.name == "default"
}

# The account under the name that it has as a user.
is_default(subject) if {
	subject.kind == "User"
	is_string(subject.name)
	regex.match(`^system:serviceaccount:[^:]+:default$`, subject.name)
}
