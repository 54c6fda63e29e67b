# The object under review, whatever its kind.
package plimsoll.resource

# `Deployment shop/web`, as every message names it.
described := sprintf("%s %s/%s", [input.kind, input.metadata.namespace, name]) if is_string(input.metadata.namespace)

described := sprintf("%s %s", [input.kind, name]) if not is_string(object.get(input, ["metadata", "namespace"], null))

name := input.metadata.name if is_string(input.metadata.name)

name := sprintf("%s*", [input.metadata.generateName]) if {
	not is_string(object.get(input, ["metadata", "name"], null))
	is_string(input.metadata.generateName)
}

name := "(unnamed)" if {
	not is_string(object.get(input, ["metadata", "name"], null))
	not is_string(object.get(input, ["metadata", "generateName"], null))
}

# The annotations, empty where there are none.
annotations := input.metadata.annotations if is_object(input.metadata.annotations)

annotations := {} if not is_object(object.get(input, ["metadata", "annotations"], null))

# Objects that a tool runs at a point of a release and then removes: Helm hooks (tests among them) and Argo CD hooks.
hook if {
	some key in ["helm.sh/hook", "argocd.argoproj.io/hook"]
	annotations[key]
}

# A text that another tool fills in before the object is applied: `${VAR}`, `$(VAR)`, `{{ … }}`, `<path:…>`.
placeholder(text) if contains(text, "${")

placeholder(text) if contains(text, "$(")

placeholder(text) if contains(text, "{{")

placeholder(text) if startswith(text, "<")
