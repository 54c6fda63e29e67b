# METADATA
# scope: package
# title: label or annotation of the house is missing
# description: >-
#   whoever looks for the owner, the cost or the level of the object by it does not find this one
# related_resources:
#   - https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
# custom:
#   severity: warning
#   default: false
#   profiles: [metadata]
#   kinds: ["*"]
#   parameters:
#     annotations:
#       default: []
#       help: annotations that every object must have
#     labels:
#       default: []
#       help: labels that every object must have; nothing is reported while both are empty
#   help: >-
#     add it
package plimsoll.hygiene["required-labels"]

import data.plimsoll.parameters
import data.plimsoll.resource

# One finding for an object.
deny contains {"msg": msg, "path": ["metadata"]} if {
	is_object(input.metadata)
	missing := array.concat(absent("labels", "label"), absent("annotations", "annotation"))
	count(missing) > 0
	msg := sprintf("%s has no %s", [resource.describe(input), concat(" and no ", missing)])
}

absent(field, noun) := [sprintf("%s `%s`", [noun, name]) |
	some name in parameters["required-labels"][field]
	object.get(resource.fields(input.metadata, field), name, null) == null
]
