# METADATA
# scope: package
# title: Ingress carries configuration for the controller itself
# description: >-
#   whoever writes such an Ingress can make the controller read its own service account token, and with it every
#   Secret of the cluster (CVE-2021-25742)
# related_resources:
#   - https://github.com/kubernetes/ingress-nginx/issues/7837
# custom:
#   severity: warning
#   kinds: [networking.k8s.io/Ingress, extensions/Ingress]
#   needs: ['annotations keys ~ (-snippet|/lua-resty-waf-extra-rules)$']
#   help: >-
#     use the annotations that exist for the purpose, and switch snippets off in the controller
package plimsoll.security["ingress-nginx-snippet"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["metadata", "annotations", key]} if {
	some key, _ in resource.annotations
	startswith(key, "nginx.ingress.kubernetes.io/")
	some word in ["-snippet", "/lua-resty-waf-extra-rules"]
	endswith(key, word)
	msg := sprintf("%s carries a snippet for the controller, `%s`", [resource.describe(input), key])
}
