# METADATA
# scope: package
# title: load balancer that is open to the internet
# description: >-
#   whoever finds the address reaches the pods; the default of most clouds is a public one
# related_resources:
#   - https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer
# custom:
#   severity: warning
#   default: false
#   profiles: [network]
#   kinds: [Service]
#   needs: [LoadBalancer]
#   help: >-
#     set `loadBalancerSourceRanges`, or the annotation of the cloud for an internal load balancer
package plimsoll.security["service-loadbalancer-open"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "type"]} if {
	input.spec.type == "LoadBalancer"
	resource.list(input.spec, "loadBalancerSourceRanges") == []
	not guarded
	msg := sprintf("%s is open to every address", [resource.describe(input)])
}

# Every cloud has an annotation of its own; pools of one's own addresses (MetalLB, Cilium) say nothing about the internet.
guarded if {
	some key, value in resource.annotations
	regex.match(`internal|source-ranges|metallb|lbipam|lb-ipam`, key)
	not lower(sprintf("%v", [value])) in {"", "false"}
}

guarded if {
	some value in resource.annotations
	is_string(value)
	lower(value) in {"internal", "intranet", "private"}
}

guarded if input.spec.loadBalancerClass
