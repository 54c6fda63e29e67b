# METADATA
# scope: package
# title: variable with the name of a secret holds a literal
# description: >-
#   the value is in Git, in every copy of the repository and in the output of `kubectl describe`
# related_resources:
#   - https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   severity: warning
#   kinds: [workload]
#   needs: ['env have value and name ~ (?i)SECRET|PASSWORD|PASSWD|TOKEN|APIKEY|API_KEY']
#   help: >-
#     put the value into a Secret that is not in Git, and refer to it with `valueFrom.secretKeyRef`
package plimsoll.security["secret-in-env-literal"]

import data.plimsoll.resource
import data.plimsoll.workload

# The message never quotes the value. One that holds the name of its variable (`INSERT_API_TOKEN`) is a placeholder.
deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	some i, variable in resource.list(container.spec, "env")
	is_string(variable.name)
	regex.match(`(?i)SECRET|PASSWORD|PASSWD|TOKEN|APIKEY|API_KEY`, variable.name)
	not about(upper(variable.name))
	literal(variable.value)
	not contains(upper(variable.value), upper(variable.name))
	not resource.made_up(variable.value)
	path := array.concat(container.path, ["env", i, "value"])
	msg := sprintf("variable `%s` of %s holds a literal, in %s", [
		variable.name, workload.title(container), resource.describe(input),
	])
}

# Names that speak of a secret and hold something else: where it lies, how it is called, who keeps it, how long it lives;
# and the tokens that language models count.
about(name) if {
	not regex.match(`SECRET|PASSWORD|PASSWD|TOKEN($|[^SI])|APIKEY|API_KEY`, name)
}

about(name) if {
	some suffix in [
		"FILE", "PATH", "DIR", "NAME", "URL", "URI", "ENDPOINT", "HOST", "ISSUER", "HEADER", "TYPE", "LENGTH", "TTL",
		"EXPIRY", "EXPIRATION", "DURATION", "TIMEOUT", "INTERVAL", "ENABLED", "DISABLED", "REQUIRED", "ALGORITHM", "KEYREF",
		"SECONDS", "MINUTES", "HOURS", "DAYS", "LIFETIME", "STORE", "BACKEND", "PROVIDER", "REALM", "AUDIENCE", "SCOPE", "SCOPES",
		"CLAIM", "PREFIX", "NAMESPACE",
	]
	endswith(name, suffix)
}

# Switches: `MYSQL_ALLOW_EMPTY_PASSWORD`.
about(name) if regex.match(`(^|_)(ENABLE|DISABLE|USE|ALLOW)_`, name)

literal(value) if {
	is_string(value)
	not lower(trim_space(value)) in {"", "true", "false", "yes", "no", "on", "off", "0", "1"}
	not resource.placeholder(value)
	not startswith(value, "/")
}
