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
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some i, sysctl in resource.list(workload.pod.securityContext, "sysctls")
	name := sysctl.name
	is_string(name)
	not resource.placeholder(name)
	not replace(name, "/", ".") in safe
	path := array.concat(workload.pod_path, ["securityContext", "sysctls", i, "name"])
	msg := sprintf("%s sets the kernel parameter `%s`", [resource.describe(input), name])
}

# Exact names, never a prefix, as the newest version of the standard has them (pod-security-admission, policy/check_sysctls.go):
# five from the beginning, one since 1.27, four since 1.29, two since 1.32, two since 1.37.
safe := {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",
	"net.ipv4.tcp_notsent_lowat",
	"net.ipv4.tcp_slow_start_after_idle",
}
