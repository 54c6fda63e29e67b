# METADATA
# scope: package
# title: two parts of a pod share a name
# description: >-
#   the API server refuses the object, or the later one shadows the earlier
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/pods/
# custom:
#   severity: error
#   kinds: [workload]
#   help: >-
#     rename one of the two
package plimsoll.reliability["duplicate-name"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(container.path, ["name"])} if {
	some i, container in workload.containers
	some j, other in workload.containers
	j < i
	container.spec.name == other.spec.name
	msg := sprintf("two containers are called `%s`, in %s", [container.spec.name, resource.describe(input)])
}

deny contains {"msg": msg, "path": array.concat(volume.path, ["name"])} if {
	some i, volume in workload.volumes
	some j, other in workload.volumes
	j < i
	volume.spec.name == other.spec.name
	msg := sprintf("two volumes are called `%s`, in %s", [volume.name, resource.describe(input)])
}

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	some [list, key, noun] in [["ports", "name", "ports"], ["volumeMounts", "mountPath", "mounts"]]
	entries := resource.list(container.spec, list)
	some i, entry in entries
	some j, other in entries
	j < i
	entry[key] == other[key]
	path := array.concat(container.path, [list, i, key])
	msg := sprintf("two %s of %s share `%v`, in %s", [noun, workload.title(container), entry[key], resource.describe(input)])
}
