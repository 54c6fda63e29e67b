# METADATA
# scope: package
# title: ConfigMap holds a credential
# description: >-
#   ConfigMaps are in Git, and readable for whoever may look at the namespace; nothing treats them as secret
# related_resources:
#   - https://kubernetes.io/docs/concepts/configuration/configmap/
# custom:
#   severity: warning
#   kinds: [ConfigMap]
#   needs: ['the text ~ ://[^/\s]+@|(?i:secret_access_key)']
#   help: >-
#     put it into a Secret that is not in Git, and renew it
package plimsoll.security["secret-in-configmap"]

import data.plimsoll.resource

# By the values, never by the names of the keys: by name most hits are false. The message never quotes the value.
deny contains {"msg": msg, "path": ["data", key]} if {
	some key, value in resource.fields(input, "data")
	is_string(value)
	some what, pattern in formats
	some found in regex.find_all_string_submatch_n(pattern, value, -1)
	literal(found[count(found) - 1])
	msg := sprintf("%s holds %s, under `%s`", [resource.describe(input), what, key])
}

# The last group is the secret itself.
formats := {
	"an address with a password": `[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"'<>]*:([^\s/:@"'<>]+)@`,
	"an AWS secret key": `(?i)aws_secret_access_key["']?\s*[:=]\s*["']?([A-Za-z0-9/+]{40})\b`,
}

# Neither filled in later nor made up.
literal(secret) if {
	not resource.placeholder(secret)
	not regex.match(`(?i)[{}$%]|\*{3}|x{4}|^(password|passwd|pass|pwd|secret|token|changeme|example|yourpassword)$|EXAMPLE`, secret)
}
