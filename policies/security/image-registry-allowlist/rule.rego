# METADATA
# scope: package
# title: image from a registry that is not on the list
# description: >-
#   nobody in the house answers for what comes from there
# related_resources:
#   - https://kubernetes.io/docs/concepts/containers/images/
# custom:
#   severity: warning
#   default: false
#   profiles: [supply-chain]
#   kinds: [workload]
#   parameters:
#     registries:
#       default: []
#       help: hosts, or hosts with the first parts of a name; nothing is reported while it is empty
#   help: >-
#     mirror the image into a registry of the list
package plimsoll.security["image-registry-allowlist"]

import data.plimsoll.parameters
import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(container.path, ["image"])} if {
	registries := parameters["image-registry-allowlist"].registries
	count(registries) > 0
	some container in workload.containers
	image := container.spec.image
	is_string(image)
	trim_space(image) != ""
	not resource.placeholder(image)
	not workload.stand_in(image)
	not listed(full(image), registries)
	msg := sprintf("image `%s` of %s comes from a registry that is not on the list, in %s", [
		image, workload.title(container), resource.describe(input),
	])
}

listed(name, registries) if {
	some registry in registries
	startswith(name, sprintf("%s/", [trim_right(registry, "/")]))
}

# A name without a host is one of Docker Hub, and one without a slash is in its `library`.
full(image) := image if {
	host := split(image, "/")[0]
	contains(image, "/")
	regex.match(`[.:]|^localhost$`, host)
} else := sprintf("docker.io/%s", [image]) if {
	contains(image, "/")
} else := sprintf("docker.io/library/%s", [image])
