# METADATA
# scope: package
# title: image without a digest
# description: >-
#   a tag can be moved: what runs tomorrow need not be what was reviewed today
# related_resources:
#   - https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   severity: warning
#   default: false
#   profiles: [supply-chain]
#   kinds: [workload]
#   needs: ['image ~ ^[^@]*$']
#   help: >-
#     pin the image as `name:tag@sha256:…`, and let a bot move the pin
package plimsoll.security["image-digest-missing"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(container.path, ["image"])} if {
	some container in workload.containers
	image := container.spec.image
	is_string(image)
	trim_space(image) != ""
	not contains(image, "@")
	not resource.placeholder(image)
	not workload.stand_in(image)
	msg := sprintf("image `%s` of %s has no digest, in %s", [image, workload.title(container), resource.describe(input)])
}
