# The object under review, whatever its kind.
package plimsoll.resource

# `Deployment shop/web`, as every message names it.
described := sprintf("%s %s/%s", [input.kind, input.metadata.namespace, name]) if namespaced

described := sprintf("%s %s", [input.kind, name]) if not namespaced

namespaced if is_string(input.metadata.namespace)

name := input.metadata.name if is_string(input.metadata.name)

name := sprintf("%s*", [input.metadata.generateName]) if {
	not named
	is_string(input.metadata.generateName)
}

name := "(unnamed)" if {
	not named
	not generated
}

named if is_string(input.metadata.name)

generated if is_string(input.metadata.generateName)

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
