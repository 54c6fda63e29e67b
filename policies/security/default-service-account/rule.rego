# METADATA
# scope: package
# title: pod runs under the default service account
# description: >-
#   rights that are given to it reach every pod of the namespace that names no other
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/service-accounts/
# custom:
#   severity: warning
#   default: false
#   kinds: [workload]
#   help: >-
#     make a service account for the program
package plimsoll.security["default-service-account"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(workload.pod_path, ["serviceAccountName"])} if {
	workload.complete
	not workload.pod.automountServiceAccountToken == false
	object.get(workload.pod, "serviceAccountName", object.get(workload.pod, "serviceAccount", "")) in {"", "default", null}
	msg := sprintf("%s runs under the default service account", [resource.describe(input)])
}
