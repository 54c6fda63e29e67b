# METADATA
# scope: package
# title: container can write to its own root filesystem
# description: >-
#   whoever takes the container over can change the program and leave tools behind
# related_resources:
#   - https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   severity: warning
#   default: false
#   kinds: [workload]
#   help: >-
#     set `readOnlyRootFilesystem: true`, and mount an `emptyDir` where the program writes
package plimsoll.security["read-only-root-filesystem"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(container.path, ["securityContext", "readOnlyRootFilesystem"])} if {
	workload.complete
	not workload.pod.os.name == "windows"
	some container in workload.containers
	not container.spec.securityContext.readOnlyRootFilesystem == true
	msg := sprintf("%s can write to its root filesystem, in %s", [workload.title(container), resource.describe(input)])
}
