# METADATA
# scope: package
# title: a lower bound above its upper bound
# description: >-
#   the API server refuses the object
# related_resources:
#   - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   severity: error
#   kinds: [workload, autoscaling/HorizontalPodAutoscaler, policy/PodDisruptionBudget]
#   needs: [requests, maxReplicas, maxUnavailable]
#   help: >-
#     make the two bounds agree
package plimsoll.reliability["conflicting-bounds"]

import data.plimsoll.quantity
import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	some name, request in resource.fields(container.spec.resources, "requests")
	limit := container.spec.resources.limits[name]
	request != limit
	quantity.value(request) > quantity.value(limit)
	path := array.concat(container.path, ["resources", "requests", name])
	msg := sprintf("%s requests %v of %s and is limited to %v, in %s", [
		workload.title(container), request, name, limit, resource.describe(input),
	])
}

deny contains {"msg": msg, "path": ["spec", "maxReplicas"]} if {
	input.kind == "HorizontalPodAutoscaler"
	is_number(input.spec.minReplicas)
	is_number(input.spec.maxReplicas)
	input.spec.maxReplicas < input.spec.minReplicas
	msg := sprintf("%s wants at least %v and at most %v replicas", [
		resource.describe(input), input.spec.minReplicas, input.spec.maxReplicas,
	])
}

deny contains {"msg": msg, "path": ["spec", "maxUnavailable"]} if {
	input.kind == "PodDisruptionBudget"
	input.spec.minAvailable != null
	input.spec.maxUnavailable != null
	msg := sprintf("%s sets both `minAvailable` and `maxUnavailable`", [resource.describe(input)])
}
