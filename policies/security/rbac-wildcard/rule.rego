# METADATA
# scope: package
# title: role grants a star
# description: >-
#   the star also covers what is added later: new resources of the group, new verbs, custom resources
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
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
	msg := sprintf("%s grants %s", [resource.described, described(stars)])
}

described(stars) := concat(" and ", [words[star.field] | some star in stars])

words := {"verbs": "every verb", "resources": "every resource", "apiGroups": "every API group"}
