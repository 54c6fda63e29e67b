# METADATA
# scope: package
# title: credential in Git
# description: >-
#   whoever can read the repository, now or from its history, can use it
# related_resources:
#   - https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning
# custom:
#   severity: error
#   kinds: ["*"]
#   needs: ['the text ~ PRIVATE KEY-----|gh[opsru]_|github_pat_|xox[abprs]-|AIza|\.eyJ']
#   help: >-
#     revoke it where it was issued, and put the new one where Git does not see it
package plimsoll.security["leaked-credential"]

import data.plimsoll.resource

# Only what its format alone proves: an id such as `AKIA…` is no secret, and a name proves nothing. The message never quotes
# the value.
deny contains {"msg": msg, "path": path} if {
	walk(input, [path, text])
	is_string(text)
	some what, pattern in formats
	some found in regex.find_n(pattern, text, 1)
	not made_up(found)
	msg := sprintf("%s holds %s", [resource.describe(input), what])
}

formats := {
	# With the body: documentation shows the first line alone. A key with a passphrase has other headers.
	"a private key": `-----BEGIN (RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----(\s|\\[nr])*([A-Za-z0-9+/=]|\s|\\[nr]){100,}`,
	"a GitHub token": `\b(gh[opsru]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})`,
	"a Slack token": `\bxox[abprs]-[0-9]{8,}-[0-9A-Za-z-]{16,}`,
	"a Google API key": `\bAIza[0-9A-Za-z_-]{35}`,
	"a JSON Web Token": `\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}`,
}

made_up(text) if regex.match(`(?i)x{6}|0{10}|1234567890|example|placeholder|changeme|redacted`, text)
