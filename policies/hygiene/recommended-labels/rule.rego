# METADATA
# scope: package
# title: label that tools look for is missing
# description: >-
#   dashboards and tools that group objects by program leave this one out
# related_resources:
#   - https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
# custom:
#   severity: warning
#   default: false
#   profiles: [metadata]
#   kinds: [workload, Service]
#   parameters:
#     labels:
#       default: [app.kubernetes.io/name, app.kubernetes.io/instance]
#       help: the labels
#   help: >-
#     add the label
package plimsoll.hygiene["recommended-labels"]

import data.plimsoll.parameters
import data.plimsoll.resource
import data.plimsoll.workload

# One finding for an object. The labels of a pod template are for selectors.
deny contains {"msg": msg, "path": ["metadata", "labels"]} if {
	not workload.partial
	is_object(input.metadata)
	is_object(input.spec)
	missing := [sprintf("`%s`", [name]) |
		some name in parameters["recommended-labels"].labels
		object.get(resource.fields(input.metadata, "labels"), name, null) == null
	]
	count(missing) > 0
	msg := sprintf("%s has no label %s", [resource.describe(input), concat(" and no ", missing)])
}
