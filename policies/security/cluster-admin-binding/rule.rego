# METADATA
# scope: package
# title: binding to `cluster-admin`
# description: >-
#   the subjects may do anything: in the whole cluster, or in the namespace of a RoleBinding
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: error
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/RoleBinding, rbac.authorization.k8s.io/ClusterRoleBinding]
#   needs: [cluster-admin]
#   help: >-
#     bind a role that names what the subjects need
package plimsoll.security["cluster-admin-binding"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["roleRef", "name"]} if {
	input.roleRef.kind == "ClusterRole"
	input.roleRef.name == "cluster-admin"
	msg := sprintf("%s hands out `cluster-admin`", [resource.describe(input)])
}
