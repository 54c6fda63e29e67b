# METADATA
# scope: package
# title: image without a fixed tag
# description: >-
#   nobody can say which program runs: nodes pull different images, and a rollback brings back the same name
# related_resources:
#   - https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   severity: warning
#   profiles: [supply-chain]
#   kinds: [workload]
#   needs: ['image ~ (^|/)[^/:@]*$|:latest$|^[^@]*:[^/@]*:[^/@]*$']
#   parameters:
#     allowed:
#       default: []
#       help: patterns of tags that are accepted although they move, such as `dev-*`
#     floating:
#       default: [latest]
#       help: tags that move
#   help: >-
#     name a version, or better a digest
package plimsoll.hygiene["image-tag"]

import data.plimsoll.parameters
import data.plimsoll.resource
import data.plimsoll.workload

deny contains finding if {
	some container in workload.containers
	image := container.spec.image
	is_string(image)
	trim_space(image) != ""
	not resource.placeholder(image)
	fault := floating(image)
	not allowed(image)
	not workload.stand_in(image)
	not made_up(image)
	finding := object.union(pulled(container.spec), {
		"path": array.concat(container.path, ["image"]),
		"msg": sprintf("image `%s` of %s %s, in %s", [image, workload.title(container), fault, resource.describe(input)]),
	})
}

# What no node pulls: `ko` puts what it has built in place of `ko://…`, Istio writes its proxy in place of `auto` when it
# injects a gateway, and braces are of a template.
made_up(image) if startswith(image, "ko://")

made_up(image) if image == "auto"

made_up(image) if contains(image, "{")

# A digest is a pin, with or without a tag; the colon of a registry's port is no tag.
floating(image) := sprintf("has the tag `%s`", [tag(image)]) if {
	tag(image) in parameters["image-tag"].floating
} else := "has no tag" if {
	not contains(image, "@")
	not tag(image)
}

tag(image) := parts[1] if {
	not contains(image, "@")
	segments := split(image, "/")
	parts := split(segments[count(segments) - 1], ":")
	count(parts) == 2
}

allowed(image) if {
	some pattern in parameters["image-tag"].allowed
	glob.match(pattern, null, tag(image))
}

# A moving tag that is not pulled again is worse still: nodes keep what they have.
pulled(spec) := {"note": sprintf("`imagePullPolicy: %s` keeps whatever image a node already has", [policy])} if {
	policy := spec.imagePullPolicy
	policy in {"IfNotPresent", "Never"}
} else := {}
