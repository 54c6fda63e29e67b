# METADATA
# scope: package
# title: role reaches the kubelets past the API server
# description: >-
#   `nodes/proxy` opens the API of every kubelet: commands in any container, without admission and without an audit
#   record
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [nodes/proxy]
#   help: >-
#     grant `nodes/metrics`, `nodes/stats` or `nodes/log`, whichever the program reads
package plimsoll.security["rbac-nodes-proxy"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["rules", i, "resources", j]} if {
	some i, entry in resource.list(input, "rules")
	resource.list(entry, "verbs") != []
	count({"", "*"} & {group | some group in resource.list(entry, "apiGroups")}) > 0
	some j, kind in resource.list(entry, "resources")
	kind == "nodes/proxy"
	msg := sprintf("%s grants `nodes/proxy`", [resource.describe(input)])
}
