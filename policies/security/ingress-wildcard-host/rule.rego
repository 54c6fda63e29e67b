# METADATA
# scope: package
# title: Ingress that answers for any host
# description: >-
#   it takes requests for every name that reaches the controller, also names that belong to other teams
# related_resources:
#   - https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
# custom:
#   severity: warning
#   kinds: [networking.k8s.io/Ingress, extensions/Ingress]
#   needs: [rules lack host, 'host ~ ^$|[*]']
#   help: >-
#     name the host
package plimsoll.security["ingress-wildcard-host"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "rules", i, "host"]} if {
	some i, rule in resource.list(input.spec, "rules")
	is_object(rule)
	host := object.get(rule, "host", "")
	any_host(host)
	msg := sprintf("%s answers for %s", [resource.describe(input), words(host)])
}

any_host(host) if host == ""

any_host(host) if {
	is_string(host)
	contains(host, "*")
}

words("") := "every host"

words(host) := sprintf("`%s`", [host]) if host != ""
