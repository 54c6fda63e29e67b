# METADATA
# scope: package
# title: Deployment with a single replica
# description: >-
#   every drain of a node and every crash is an outage until the pod is there again
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
# custom:
#   severity: warning
#   default: false
#   profiles: [high-availability]
#   kinds: [apps/Deployment]
#   parameters:
#     least:
#       default: 2
#       help: the lowest `replicas` that is accepted
#   help: >-
#     run two or more replicas if the program can, or say by `strategy: {type: Recreate}` that it cannot
package plimsoll.reliability["single-replica"]

import data.plimsoll.parameters
import data.plimsoll.resource
import data.plimsoll.workload

# Only what is written: without `replicas` an autoscaler may be at work. None at all is a Deployment that is switched off.
deny contains {"msg": msg, "path": ["spec", "replicas"]} if {
	workload.complete
	replicas := input.spec.replicas
	is_number(replicas)
	replicas > 0
	replicas < parameters["single-replica"].least
	not input.spec.strategy.type == "Recreate"
	msg := sprintf("%s runs %v of at least %v replicas", [
		resource.describe(input), replicas, parameters["single-replica"].least,
	])
}
