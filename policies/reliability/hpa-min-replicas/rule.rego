# METADATA
# scope: package
# title: autoscaler may go down to one replica
# description: >-
#   with one replica every drain of a node and every crash is an outage, at the hours of low load
# related_resources:
#   - https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
# custom:
#   severity: warning
#   default: false
#   profiles: [high-availability]
#   kinds: [autoscaling/HorizontalPodAutoscaler]
#   parameters:
#     least:
#       default: 2
#       help: the lowest `minReplicas` that is accepted
#   help: >-
#     set `minReplicas: 2` or more
package plimsoll.reliability["hpa-min-replicas"]

import data.plimsoll.parameters
import data.plimsoll.resource

# Absent means 1, and 0 is somebody's wish to switch the program off. A patch has no target.
deny contains {"msg": msg, "path": ["spec", "minReplicas"]} if {
	input.spec.scaleTargetRef.name
	is_number(input.spec.maxReplicas)
	least := object.get(input.spec, "minReplicas", 1)
	is_number(least)
	least > 0
	least < parameters["hpa-min-replicas"].least
	msg := sprintf("%s may go down to %v of at least %v replicas", [
		resource.describe(input), least, parameters["hpa-min-replicas"].least,
	])
}
