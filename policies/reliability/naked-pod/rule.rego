# METADATA
# scope: package
# title: Pod without a controller
# description: >-
#   when its node goes, or is drained, nobody makes the pod again
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/pods/#working-with-pods
# custom:
#   severity: warning
#   kinds: [Pod]
#   help: >-
#     make it a Deployment, or a Job if it runs once
package plimsoll.reliability["naked-pod"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": ["kind"]} if {
	workload.complete
	count(resource.list(input.metadata, "ownerReferences")) == 0
	not resource.hook
	not resource.annotations["kubernetes.io/config.mirror"]
	msg := sprintf("%s has no controller", [resource.describe(input)])
}
