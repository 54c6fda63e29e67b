# METADATA
# scope: package
# title: Windows container runs on the node itself
# description: >-
#   a HostProcess container is a process of the node with the rights of its account: nothing contains it
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
#   - https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: ["hostProcess: true"]
#   help: >-
#     remove `hostProcess`
package plimsoll.security["windows-host-process"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some context in workload.contexts
	context.spec.windowsOptions.hostProcess == true
	path := array.concat(context.path, ["windowsOptions", "hostProcess"])
	msg := workload.runs(context, "as a process of the node")
}
