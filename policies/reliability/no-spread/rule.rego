# METADATA
# scope: package
# title: replicas that may all land on one node
# description: >-
#   one node takes all replicas along when it goes
# related_resources:
#   - https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
# custom:
#   severity: warning
#   default: false
#   profiles: [high-availability]
#   kinds: [apps/Deployment, apps/StatefulSet]
#   help: >-
#     add `topologySpreadConstraints` over `kubernetes.io/hostname`, or a pod anti-affinity
package plimsoll.reliability["no-spread"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": ["spec", "replicas"]} if {
	workload.complete
	is_number(input.spec.replicas)
	input.spec.replicas > 1
	not workload.pod.affinity.podAntiAffinity
	resource.list(workload.pod, "topologySpreadConstraints") == []
	msg := sprintf("%s runs %v replicas that nothing spreads", [resource.describe(input), input.spec.replicas])
}
