# What a Role or ClusterRole grants.
package plimsoll.rbac

import data.plimsoll.resource

# Where it grants one of the verbs on one of the kinds of an API group, without naming single objects: for each entry the
# first such kind, and the place of its word. A star among the kinds is for `rbac-wildcard` to tell.
grants(group, kinds, verbs) := {{"kind": found[0].kind, "path": ["rules", i, "resources", found[0].index]} |
	some i, entry in resource.list(input, "rules")
	resource.list(entry, "resourceNames") == []
	some own in resource.list(entry, "apiGroups")
	own in {group, "*"}
	some verb in resource.list(entry, "verbs")
	verb in (verbs | {"*"})
	found := [{"kind": kind, "index": j} |
		some j, kind in resource.list(entry, "resources")
		kind in kinds
	]
	count(found) > 0
}
