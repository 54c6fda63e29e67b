# The object under review, whatever its kind.
package plimsoll.resource

# `Deployment shop/web`, as every message names it.
describe(object) := sprintf("%s %s/%s", [object.kind, object.metadata.namespace, name(object)]) if {
	is_string(object.metadata.namespace)
} else := sprintf("%s %s", [object.kind, name(object)])

name(object) := object.metadata.name if {
	is_string(object.metadata.name)
} else := sprintf("%s*", [object.metadata.generateName]) if {
	is_string(object.metadata.generateName)
} else := "(unnamed)"

annotations := fields(fields(input, "metadata"), "annotations")

# Objects that a tool runs at a point of a release and then removes: Helm hooks (tests among them) and Argo CD hooks.
hook if {
	some key in ["helm.sh/hook", "argocd.argoproj.io/hook"]
	annotations[key]
}

# The list under a key, empty where there is none.
list(parent, key) := value if {
	value := parent[key]
	is_array(value)
} else := []

# The object under a key, empty where there is none.
fields(parent, key) := value if {
	value := parent[key]
	is_object(value)
} else := {}

# A text that another tool fills in before the object is applied: `${VAR}`, `$(VAR)`, `{{ … }}`, `<path:…>`.
placeholder(text) if contains(text, "${")

placeholder(text) if contains(text, "$(")

placeholder(text) if contains(text, "{{")

placeholder(text) if startswith(text, "<")

# A text that stands where a secret belongs and is none: what somebody has to replace, or the address of the secret
# elsewhere (`op://…`, `vault:…`).
made_up(text) if {
	regex.match(
		`(?i)^\s*(__.*__|\*+|x{3,}|((please[-_ ]?)?(replace|change|update|insert|enter|add|set|fill|put|your|my|some|todo|fixme|dummy|sample|placeholder|example|redacted)([-_ ].*|me.*|it|password|secret|token)?))\s*$`,
		text,
	)
}

made_up(text) if regex.match(`^(op|vault|bws|ssm|awssecret|gcpsecret|azkv)(://|:[a-zA-Z])`, text)
