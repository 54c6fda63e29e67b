# METADATA
# scope: package
# title: SELinux user, role or type beyond the ordinary
# description: >-
#   with a type such as `spc_t` SELinux no longer keeps the container from the files and processes of the node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [seLinuxOptions]
#   help: >-
#     remove the option; `level` alone may be set
package plimsoll.security["selinux-custom-options"]

import data.plimsoll.resource
import data.plimsoll.target
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some context in workload.contexts
	some field in ["user", "role", "type"]
	value := context.spec.seLinuxOptions[field]
	is_string(value)
	not resource.placeholder(value)
	not value in ordinary[field]
	path := array.concat(context.path, ["seLinuxOptions", field])
	msg := workload.runs(context, sprintf("with the SELinux %s `%s`", [field, value]))
}

ordinary := {"user": {""}, "role": {""}, "type": {"", "container_t", "container_init_t", "container_kvm_t"} | newer}

newer := {"container_engine_t"} if target.oldest >= 31

newer := set() if target.oldest < 31
