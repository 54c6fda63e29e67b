# METADATA
# scope: package
# title: probe or hook names a host of its own
# description: >-
#   the kubelet sends the request to that host with the reach of the node: a way around network policies (refused
#   by the baseline level since Kubernetes 1.34)
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [host]
#   help: >-
#     remove `host`: without it the probe asks the pod itself
package plimsoll.security["probe-host-set"]

import data.plimsoll.resource
import data.plimsoll.target
import data.plimsoll.workload

# Forbidden by the standard since Kubernetes 1.34 (pod-security-admission, policy/check_hostProbesAndhostLifecycle.go).
deny contains {"msg": msg, "path": path} if {
	target.newest >= 34
	some container in workload.containers
	some handler in workload.handlers(container.spec)
	host := handler.action.host
	is_string(host)
	host != ""
	path := array.concat(container.path, array.concat(handler.path, ["host"]))
	msg := sprintf("`%s` of %s asks the host `%s`, in %s", [handler.name, workload.title(container), host, resource.describe(input)])
}
