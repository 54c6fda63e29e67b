# METADATA
# scope: package
# title: role grants a star
# description: >-
#   the star also covers what is added later: new resources of the group, new verbs, custom resources
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: ["*"]
#   help: >-
#     list the verbs, resources and groups that the program uses
package plimsoll.security["rbac-wildcard"]

import data.plimsoll.resource

# One finding for a rule entry, at its first star.
deny contains {"msg": msg, "path": ["rules", i, stars[0].field, stars[0].index]} if {
	some i, entry in resource.list(input, "rules")
	stars := [{"field": field, "index": index} |
		some field in ["verbs", "resources", "apiGroups"]
		some index, word in resource.list(entry, field)
		word == "*"
	]
	count(stars) > 0
	msg := sprintf("%s grants %s on %s", [resource.describe(input), granted(entry, "verbs", "verb"), reached(entry)])
}

# Addresses of the API server, or resources of API groups.
reached(entry) := granted(entry, "nonResourceURLs", "URL") if {
	resource.list(entry, "nonResourceURLs") != []
	resource.list(entry, "resources") == []
} else := sprintf("%s of %s", [granted(entry, "resources", "resource"), granted(entry, "apiGroups", "API group")])

# What one field of a rule entry grants: everything, or what is written out.
granted(entry, field, noun) := sprintf("every %s", [noun]) if {
	"*" in resource.list(entry, field)
} else := quoted(words[0], noun) if {
	words := resource.list(entry, field)
	count(words) == 1
} else := sprintf("%d %ss", [count(words), noun]) if {
	words := resource.list(entry, field)
	count(words) > 1
} else := sprintf("no %s", [noun])

quoted("", _) := "the core API group"

quoted(word, noun) := sprintf("the %s `%v`", [noun, word]) if word != ""
