# METADATA
# scope: package
# title: disruption budget that never allows an eviction
# description: >-
#   nodes with these pods cannot be drained: upgrades of the cluster wait, or go past the budget by force
# related_resources:
#   - https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   severity: warning
#   profiles: [high-availability]
#   kinds: [policy/PodDisruptionBudget]
#   needs:
#     - "maxUnavailable: 0"
#     - maxUnavailable ~ ^0%?$
#     - minAvailable ~ ^100%$
#     - the object lacks spec.minAvailable or spec.maxUnavailable
#   help: >-
#     leave room for one pod, for instance `maxUnavailable: 1`
package plimsoll.reliability["pdb-blocks-eviction"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "maxUnavailable"]} if {
	input.spec.maxUnavailable in {0, "0", "0%"}
	msg := sprintf("%s allows no eviction: `maxUnavailable: %v`", [resource.describe(input), input.spec.maxUnavailable])
}

deny contains {"msg": msg, "path": ["spec", "minAvailable"]} if {
	input.spec.minAvailable == "100%"
	msg := sprintf("%s allows no eviction: `minAvailable: 100%%`", [resource.describe(input)])
}

# Without a bound the controller expects no healthy pod and allows no disruption either.
deny contains {"msg": msg, "path": ["spec"]} if {
	input.spec.selector
	not bound("minAvailable")
	not bound("maxUnavailable")
	msg := sprintf("%s states no bound, so it allows no eviction", [resource.describe(input)])
}

bound(field) if input.spec[field] != null
