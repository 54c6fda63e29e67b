# METADATA
# scope: package
# title: directory of the node is mounted writable
# description: >-
#   the container can change files of the node, and leaves them behind when the pod is gone
# related_resources:
#   - https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   severity: warning
#   kinds: [workload]
#   needs: [hostPath]
#   help: >-
#     set `readOnly: true` on the mount
package plimsoll.security["writable-host-path"]

import data.plimsoll.host_path
import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	some i, mount in resource.list(container.spec, "volumeMounts")
	not mount.readOnly == true
	some volume in host_path.volumes
	volume.name == mount.name
	not volume.talks
	path := array.concat(container.path, ["volumeMounts", i, "name"])
	msg := sprintf("%s can write to `%s` of the node, in %s", [workload.title(container), volume.written, resource.describe(input)])
}
