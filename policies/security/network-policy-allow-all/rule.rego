# METADATA
# scope: package
# title: network policy that lets everybody through
# description: >-
#   the policy looks like protection and is none: every pod of every namespace passes
# related_resources:
#   - https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   severity: warning
#   default: false
#   profiles: [network]
#   kinds: [networking.k8s.io/NetworkPolicy]
#   help: >-
#     name the peers
package plimsoll.security["network-policy-allow-all"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", direction, i]} if {
	some direction, field in {"ingress": "from", "egress": "to"}
	some i, entry in resource.list(input.spec, direction)
	is_object(entry)
	resource.list(entry, "ports") == []
	open(entry, field)
	msg := sprintf("%s lets every peer through, in `%s`", [resource.describe(input), direction])
}

# No peers at all, or every namespace without a choice of pods.
open(entry, field) if resource.list(entry, field) == []

open(entry, field) if {
	some peer in resource.list(entry, field)
	peer.namespaceSelector == {}
	object.get(peer, "podSelector", {}) == {}
}
