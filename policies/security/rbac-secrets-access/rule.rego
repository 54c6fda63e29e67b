# METADATA
# scope: package
# title: role reads Secrets
# description: >-
#   whoever can list Secrets has every password and token of the scope, `list` and `watch` as well as `get`
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [secrets]
#   help: >-
#     name the Secrets with `resourceNames`, and leave out `list` and `watch`
package plimsoll.security["rbac-secrets-access"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("", {"secrets"}, {"get", "list", "watch"})
	msg := sprintf("%s grants read access to `%s`", [resource.describe(input), found.kind])
}
