# METADATA
# scope: package
# title: Ingress without TLS
# description: >-
#   requests and their cookies cross the network in the clear, unless something in front of the controller ends
#   TLS
# related_resources:
#   - https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
# custom:
#   severity: warning
#   kinds: [networking.k8s.io/Ingress, extensions/Ingress]
#   needs: [the object lacks spec.tls]
#   help: >-
#     add `spec.tls` with the hosts and the Secret of the certificate
package plimsoll.security["ingress-tls-missing"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "tls"]} if {
	serves
	object.get(input.spec, "tls", []) in [[], null]
	not elsewhere
	msg := sprintf("%s serves without TLS", [resource.describe(input)])
}

# Not a patch.
serves if resource.list(input.spec, "rules") != []

serves if input.spec.defaultBackend

serves if input.spec.backend

# Controllers that take the certificate from an annotation.
elsewhere if {
	some key in [
		"alb.ingress.kubernetes.io/certificate-arn",
		"appgw.ingress.kubernetes.io/appgw-ssl-certificate",
		"ingress.gcp.kubernetes.io/pre-shared-cert",
		"networking.gke.io/managed-certificates",
	]
	resource.annotations[key]
}

elsewhere if resource.annotations["traefik.ingress.kubernetes.io/router.tls"] == "true"
