# METADATA
# scope: package
# title: container without a CPU limit
# description: >-
#   a program that runs wild takes the idle time of its neighbours; a limit slows it down instead, also when the
#   node is idle
# related_resources:
#   - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   severity: warning
#   default: false
#   kinds: [workload]
#   needs: [containers lack resources.limits.cpu, initContainers lack resources.limits.cpu]
#   help: >-
#     set `resources.limits.cpu` where the house wants it
package plimsoll.reliability["cpu-limit-missing"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": container.path} if {
	workload.complete
	some container in workload.containers
	container.list != "ephemeralContainers"
	not limited(container.spec)
	not limited(workload.pod)
	msg := sprintf("%s has no CPU limit, in %s", [workload.title(container), resource.describe(input)])
}

limited(holder) if holder.resources.limits.cpu != null
