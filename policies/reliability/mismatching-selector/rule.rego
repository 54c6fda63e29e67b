# METADATA
# scope: package
# title: selector does not match the pod template
# description: >-
#   the API server refuses the object: it would make pods that it cannot find again
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
# custom:
#   severity: error
#   kinds: [apps/Deployment, apps/StatefulSet, apps/DaemonSet, apps/ReplicaSet]
#   needs: [selector]
#   help: >-
#     give the selector and the labels of the template the same values
package plimsoll.reliability["mismatching-selector"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": ["spec", "selector", "matchLabels", key]} if {
	workload.complete
	some key, value in resource.fields(input.spec.selector, "matchLabels")
	object.get(labels, key, null) != value
	msg := sprintf("the selector wants `%s: %v`, the pod template of %s has %s", [
		key, value, resource.describe(input), found(key),
	])
}

deny contains {"msg": msg, "path": ["spec", "selector", "matchExpressions", i, "key"]} if {
	workload.complete
	some i, term in resource.list(input.spec.selector, "matchExpressions")
	refused(term, object.get(labels, term.key, null))
	msg := sprintf("the selector term `%s %s` does not hold for the pod template of %s", [
		term.key, term.operator, resource.describe(input),
	])
}

found(key) := sprintf("`%s: %v`", [key, labels[key]])

found(key) := sprintf("no label `%s`", [key]) if not labels[key]

refused(term, label) if {
	term.operator == "In"
	not label in resource.list(term, "values")
}

refused(term, label) if {
	term.operator == "NotIn"
	label in resource.list(term, "values")
}

refused(term, null) if term.operator == "Exists"

refused(term, label) if {
	term.operator == "DoesNotExist"
	label != null
}

# The labels that the pods get.
labels := resource.fields(input.spec.template.metadata, "labels")
