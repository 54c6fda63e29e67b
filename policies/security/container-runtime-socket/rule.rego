# METADATA
# scope: package
# title: volume opens the socket of the container runtime
# description: >-
#   whoever can write to the socket can start a privileged container: the pod is root on the node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [hostPath]
#   help: >-
#     remove the mount; build images with a rootless builder, read metrics from the kubelet
package plimsoll.security["container-runtime-socket"]

import data.plimsoll.host_path
import data.plimsoll.resource

deny contains {"msg": msg, "path": volume.path} if {
	some volume in host_path.volumes
	volume.kind == "socket"
	msg := sprintf("volume `%s` opens the container runtime socket `%s`, in %s", [
		volume.name, volume.written, resource.describe(input),
	])
}
