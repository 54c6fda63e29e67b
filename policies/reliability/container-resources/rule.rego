# METADATA
# scope: package
# title: container without requests or a memory limit
# description: >-
#   the scheduler places the pod as if it needed nothing, and without a memory limit one leak takes its neighbours
#   along
# related_resources:
#   - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   severity: warning
#   kinds: [workload]
#   needs:
#     - containers lack resources.requests.cpu or resources.limits.cpu
#     - containers lack resources.requests.memory or resources.limits.memory
#     - containers lack resources.limits.memory
#     - initContainers lack resources.requests.cpu or resources.limits.cpu
#     - initContainers lack resources.requests.memory or resources.limits.memory
#     - initContainers lack resources.limits.memory
#   help: >-
#     set `resources.requests` for CPU and memory and `resources.limits.memory`, from what the program really uses
package plimsoll.reliability["container-resources"]

import data.plimsoll.resource
import data.plimsoll.workload

# One finding for a container. A limit counts as the request (the API server copies it); the CPU limit is not asked for;
# ephemeral containers cannot have resources; what the pod itself states (Kubernetes 1.34) need not be said again.
deny contains {"msg": msg, "path": container.path} if {
	workload.complete
	some container in workload.containers
	container.list != "ephemeralContainers"
	missing := [what |
		some what, places in wanted
		not stated(container.spec, places)
		not stated(workload.pod, places)
	]
	count(missing) > 0
	msg := sprintf("%s has no %s, in %s", [workload.title(container), listed(missing), resource.describe(input)])
}

listed(words) := concat(" and no ", words) if count(words) < 3

listed(words) := sprintf("%s, no %s and no %s", words) if count(words) == 3

wanted := {
	"CPU request": [["requests", "cpu"], ["limits", "cpu"]],
	"memory limit": [["limits", "memory"]],
	"memory request": [["requests", "memory"], ["limits", "memory"]],
}

stated(holder, places) if {
	some place in places
	holder.resources[place[0]][place[1]] != null
}
