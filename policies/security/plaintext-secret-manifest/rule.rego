# METADATA
# scope: package
# title: Secret in Git with its values in plain text
# description: >-
#   base64 is no encryption: whoever can read the repository, now or from its history, has the values
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   severity: warning
#   kinds: [Secret]
#   needs: [data, stringData]
#   help: >-
#     replace it with a SealedSecret, an ExternalSecret or a file encrypted with SOPS, and renew the values
package plimsoll.security["plaintext-secret-manifest"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": [field]} if {
	not input.sops
	not resource.annotations["avp.kubernetes.io/path"]
	some field in ["data", "stringData"]
	plain := [key | some key, value in resource.fields(input, field); literal(value)]
	count(plain) > 0
	msg := sprintf("%s holds its values in plain text", [resource.describe(input)])
}

# Neither empty, nor filled in later, nor encrypted by SOPS.
literal(value) if {
	is_string(value)
	trim_space(value) != ""
	not resource.placeholder(value)
	not startswith(value, "ENC[")
	not startswith(value, "ref+")
}
