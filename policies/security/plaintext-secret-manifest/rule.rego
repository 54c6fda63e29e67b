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

# One finding for a field of the Secret, at its first value that is a secret.
deny contains {"msg": msg, "path": [field, plain[0]]} if {
	not input.sops
	not resource.annotations["avp.kubernetes.io/path"]
	some field in ["data", "stringData"]
	plain := sort([key |
		some key, value in resource.fields(input, field)
		is_string(value)
		literal(key, plain_text(field, value))
	])
	count(plain) > 0
	msg := sprintf("%s holds %s in plain text", [resource.describe(input), listed(plain)])
}

listed(keys) := sprintf("`%s`", keys) if count(keys) == 1

listed(keys) := sprintf("`%s` and `%s`", keys) if count(keys) == 2

listed(keys) := sprintf("`%s` and %d other values", [keys[0], count(keys) - 1]) if count(keys) > 2

# What is written, without its base64.
plain_text("data", value) := base64.decode(value) if {
	base64.is_valid(value)
} else := value

plain_text("stringData", value) := value

# Neither empty, nor filled in later, nor encrypted, nor the address of the secret elsewhere; and not what a Secret holds
# beside its secrets, such as names and addresses.
literal(key, value) if {
	trim_space(value) != ""
	not resource.placeholder(value)
	not resource.made_up(value)
	not encoded_twice(value)
	not hashed(value)
	not open_value(value)
	not contains(upper(value), upper(key))
	not startswith(value, "ENC[")
	not startswith(value, "ref+")
	not regex.match(`(?i)(path|file|dir|url|uri|address|addr|host|hostname|port|endpoint|region|user|username|email|name|id|version|type|project|database|db|enabled|insecure|ssl|tls|mode|size|date|ca\.crt)$`, key)
	secret(key, value)
}

# A placeholder in base64 where no base64 is asked for.
encoded_twice(value) if {
	base64.is_valid(value)
	resource.made_up(base64.decode(value))
}

# A switch, or an address of nothing but a host: a Secret for Argo CD holds them beside its credentials.
open_value(value) if regex.match(`(?i)^\s*(true|false|[a-z][a-z0-9+.-]*://[^/@?#\s]+/?)\s*$`, value)

# What a program compares passwords with.
hashed(value) if regex.match(`^\$(2[abxy]|5|6|y|apr1|argon2id?|pbkdf2[a-z0-9-]*)\$`, value)

# One line is taken for a secret. A file of settings is one if something in it is called so.
secret(key, value) if not settings(key, value)

secret(_, value) if regex.match(`PRIVATE KEY|(?i)(password|passwd|secret|token|credential|api_?key|access_?key)["']?\s*[:=]\s*["']?[^\s"'{_$<]`, value)

settings(_, value) if contains(trim_space(value), "\n")

settings(key, _) if regex.match(`\.(properties|ya?ml|json|conf|cfg|cnf|config|ini|toml|xml|txt|sh|env|sql)$`, key)
