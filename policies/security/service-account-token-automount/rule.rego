# METADATA
# scope: package
# title: pod gets a token for the API server
# description: >-
#   whoever takes the pod over acts as its service account; most programs never ask the API server
# related_resources:
#   - https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting
# custom:
#   severity: warning
#   default: false
#   kinds: [workload]
#   help: >-
#     set `automountServiceAccountToken: false` on the pod, or on a service account that is applied with it
package plimsoll.security["service-account-token-automount"]

import data.plimsoll.resource
import data.plimsoll.workload

# The value of the pod counts before that of its ServiceAccount. Where one that is applied with the pod switches the token
# off, the finding is taken back when all objects are known.
deny contains {"msg": msg, "path": array.concat(workload.pod_path, ["automountServiceAccountToken"])} if {
	workload.complete
	not workload.pod.automountServiceAccountToken == false
	msg := sprintf("%s mounts a token for the API server", [resource.describe(input)])
}
