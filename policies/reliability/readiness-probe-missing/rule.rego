# METADATA
# scope: package
# title: container without a readiness probe
# description: >-
#   the pod gets requests before the program can answer, and an update goes on before the new pods work
# related_resources:
#   - https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
# custom:
#   severity: warning
#   default: false
#   kinds: [Pod, ReplicationController, apps/DaemonSet, apps/Deployment, apps/ReplicaSet, apps/StatefulSet, argoproj.io/Rollout]
#   needs: [containers lack readinessProbe, initContainers lack readinessProbe]
#   help: >-
#     add a `readinessProbe` that asks what the program knows about itself
package plimsoll.reliability["readiness-probe-missing"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": container.path} if {
	workload.complete
	not resource.hook
	not workload.pod.restartPolicy in {"Never", "OnFailure"}
	some container in workload.containers
	workload.long_running(container)
	object.get(container.spec, "readinessProbe", null) == null
	msg := sprintf("%s has no readiness probe, in %s", [workload.title(container), resource.describe(input)])
}
