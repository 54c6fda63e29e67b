# METADATA
# scope: package
# title: pod runs with the group of root
# description: >-
#   files that only the group of root may read or change are open to the program
# related_resources:
#   - https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   severity: warning
#   default: false
#   kinds: [workload]
#   needs: [runAsGroup, fsGroup, supplementalGroups]
#   help: >-
#     give the pod a group of its own, unless the image is made for any user of group 0
package plimsoll.security["root-group"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(context.path, [field])} if {
	not workload.user_namespace
	some context in workload.contexts
	some field in ["runAsGroup", "fsGroup"]
	context.spec[field] == 0
	msg := workload.runs(context, sprintf("with `%s: 0`", [field]))
}

deny contains {"msg": msg, "path": array.concat(context.path, ["supplementalGroups", i])} if {
	not workload.user_namespace
	some context in workload.contexts
	some i, group in resource.list(context.spec, "supplementalGroups")
	group == 0
	msg := workload.runs(context, "with the supplemental group 0")
}
