# METADATA
# scope: package
# title: role lets its subjects raise their own rights
# description: >-
#   with `bind`, `escalate` or `impersonate` a subject gets rights that nobody gave it; one that may write roles or
#   bindings can pass on what it has, and with one of these verbs everything
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [bind, escalate, impersonate, roles, clusterroles, rolebindings, clusterrolebindings]
#   help: >-
#     remove the verb or the resource, or narrow it with `resourceNames`
package plimsoll.security["rbac-escalation-verbs"]

import data.plimsoll.resource

# Verbs that mean something for these groups alone; another API can have a `bind` of its own.
groups := {
	"bind": {"rbac.authorization.k8s.io"},
	"escalate": {"rbac.authorization.k8s.io"},
	"impersonate": {"", "authentication.k8s.io"},
}

kinds := {"roles", "clusterroles", "rolebindings", "clusterrolebindings"}

deny contains {"msg": msg, "path": ["rules", i, "verbs", j]} if {
	some i, entry in resource.list(input, "rules")
	resource.list(entry, "resourceNames") == []
	some j, verb in resource.list(entry, "verbs")
	count({group | some group in resource.list(entry, "apiGroups")} & (groups[verb] | {"*"})) > 0
	msg := sprintf("%s grants the verb `%s`", [resource.describe(input), verb])
}

# Writing roles and bindings is checked against the writer's own rights, unless these hold `bind` or `escalate`; a role
# that may write both is still the usual first step of an attacker. One finding for a rule entry, at its first word.
deny contains {"msg": msg, "path": ["rules", i, "resources", written[0].index]} if {
	some i, entry in resource.list(input, "rules")
	resource.list(entry, "resourceNames") == []
	"rbac.authorization.k8s.io" in resource.list(entry, "apiGroups")
	some verb in resource.list(entry, "verbs")
	verb in {"create", "update", "patch", "*"}
	written := [{"index": j, "kind": kind} |
		some j, kind in resource.list(entry, "resources")
		kind in kinds
	]
	count(written) > 0
	msg := sprintf("%s grants write access to `%s`", [resource.describe(input), written[0].kind])
}
