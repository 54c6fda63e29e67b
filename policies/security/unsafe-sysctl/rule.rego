# METADATA
# scope: package
# title: pod sets a kernel parameter beyond the safe ones
# description: >-
#   the parameter acts beyond the pod or weakens the node; unless the kubelet allows it by name, the pod is refused
#   on every node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
#   - https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [sysctls]
#   help: >-
#     remove the parameter, or set it on the nodes that run the pod
package plimsoll.security["unsafe-sysctl"]

import data.plimsoll.resource
import data.plimsoll.target
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some i, sysctl in resource.list(workload.pod.securityContext, "sysctls")
	name := sysctl.name
	is_string(name)
	not resource.placeholder(name)
	not safe(replace(name, "/", "."))
	path := array.concat(workload.pod_path, ["securityContext", "sysctls", i, "name"])
	msg := sprintf("%s sets the kernel parameter `%s`", [resource.describe(input), name])
}

# Every target has to know it as safe.
safe(name) if since[name] <= target.oldest

# Exact names, never a prefix, with the version of the standard that took them in (pod-security-admission,
# policy/check_sysctls.go).
since := {
	"kernel.shm_rmid_forced": 0,
	"net.ipv4.ip_local_port_range": 0,
	"net.ipv4.ip_unprivileged_port_start": 0,
	"net.ipv4.ping_group_range": 0,
	"net.ipv4.tcp_syncookies": 0,
	"net.ipv4.ip_local_reserved_ports": 27,
	"net.ipv4.tcp_fin_timeout": 29,
	"net.ipv4.tcp_keepalive_intvl": 29,
	"net.ipv4.tcp_keepalive_probes": 29,
	"net.ipv4.tcp_keepalive_time": 29,
	"net.ipv4.tcp_rmem": 32,
	"net.ipv4.tcp_wmem": 32,
	"net.ipv4.tcp_notsent_lowat": 37,
	"net.ipv4.tcp_slow_start_after_idle": 37,
}
