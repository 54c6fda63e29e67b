# METADATA
# scope: package
# title: mount of a volume that does not exist
# description: >-
#   the API server refuses the object
# related_resources:
#   - https://kubernetes.io/docs/concepts/storage/volumes/
# custom:
#   severity: error
#   kinds: [workload]
#   needs: [volumeMounts]
#   help: >-
#     name a volume of `volumes`, or add it
package plimsoll.reliability["volume-mount-undefined"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	workload.complete
	some container in workload.containers
	some i, mount in resource.list(container.spec, "volumeMounts")
	is_string(mount.name)
	not mount.name in defined
	path := array.concat(container.path, ["volumeMounts", i, "name"])
	msg := sprintf("%s mounts the volume `%s`, which is not defined, in %s", [
		workload.title(container), mount.name, resource.describe(input),
	])
}

defined contains volume.name if some volume in workload.volumes

defined contains claim.metadata.name if {
	input.kind == "StatefulSet"
	some claim in resource.list(input.spec, "volumeClaimTemplates")
}
