# METADATA
# scope: package
# title: volume opens a directory of the node
# description: >-
#   the data stays on one node, and the pod can read what others left there
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: warning
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [hostPath]
#   help: >-
#     use a PersistentVolumeClaim for data, or `emptyDir` for scratch space
package plimsoll.security["host-path-volume"]

import data.plimsoll.host_path
import data.plimsoll.resource

# Silent where `sensitive-host-path` or `container-runtime-socket` speaks.
deny contains {"msg": msg, "path": volume.path} if {
	some volume in host_path.volumes
	volume.kind == "plain"
	msg := sprintf("volume `%s` opens `%s` of the node, in %s", [volume.name, volume.written, resource.describe(input)])
}
