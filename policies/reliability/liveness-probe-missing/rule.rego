# METADATA
# scope: package
# title: container without a liveness probe
# description: >-
#   a program that hangs is not restarted; whether that helps, only its authors know
# related_resources:
#   - https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
# custom:
#   severity: warning
#   default: false
#   kinds: [Pod, ReplicationController, apps/DaemonSet, apps/Deployment, apps/ReplicaSet, apps/StatefulSet, argoproj.io/Rollout]
#   needs: [containers lack livenessProbe, initContainers lack livenessProbe]
#   help: >-
#     add a `livenessProbe` that asks what the program knows about itself
package plimsoll.reliability["liveness-probe-missing"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": container.path} if {
	workload.complete
	not resource.hook
	not workload.pod.restartPolicy in {"Never", "OnFailure"}
	some container in workload.containers
	workload.long_running(container)
	object.get(container.spec, "livenessProbe", null) == null
	msg := sprintf("%s has no liveness probe, in %s", [workload.title(container), resource.describe(input)])
}
