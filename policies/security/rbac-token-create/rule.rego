# METADATA
# scope: package
# title: role issues tokens of service accounts
# description: >-
#   the subjects can act as every service account of the scope
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [serviceaccounts/token]
#   help: >-
#     name the service accounts with `resourceNames`
package plimsoll.security["rbac-token-create"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("", {"serviceaccounts/token"}, {"create"})
	msg := sprintf("%s grants `create` on `%s`", [resource.describe(input), found.kind])
}
