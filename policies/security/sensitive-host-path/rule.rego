# METADATA
# scope: package
# title: volume opens a part of the node that decides about it
# description: >-
#   what lies there configures the node or holds its credentials: reading it, and all the more writing it, leads
#   to the node
# related_resources:
#   - https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [hostPath]
#   help: >-
#     mount the narrowest directory that the program needs, and not one of these
package plimsoll.security["sensitive-host-path"]

import data.plimsoll.host_path
import data.plimsoll.resource

deny contains {"msg": msg, "path": volume.path} if {
	some volume in host_path.volumes
	volume.kind == "sensitive"
	msg := sprintf("volume `%s` opens `%s` of the node, in %s", [volume.name, volume.written, resource.describe(input)])
}
