# METADATA
# scope: package
# title: role grants a shell in pods
# description: >-
#   the subjects can run commands in every pod of the scope and so read its secrets and use its service account
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [pods/exec, pods/attach, "*/exec", "*/attach"]
#   help: >-
#     remove `pods/exec` and `pods/attach`, or keep them in a role that people take on for a limited time
package plimsoll.security["rbac-pod-exec"]

import data.plimsoll.resource

# One finding for a rule entry, at its first word.
deny contains {"msg": msg, "path": ["rules", i, "resources", shells[0].index]} if {
	some i, entry in resource.list(input, "rules")
	some group in resource.list(entry, "apiGroups")
	group in {"", "*"}
	some verb in resource.list(entry, "verbs")
	verb in {"create", "get", "*"}
	shells := [{"index": j, "kind": kind} |
		some j, kind in resource.list(entry, "resources")
		kind in {"pods/exec", "pods/attach", "*/exec", "*/attach"}
	]
	count(shells) > 0
	msg := sprintf("%s grants `%s`", [resource.describe(input), shells[0].kind])
}
