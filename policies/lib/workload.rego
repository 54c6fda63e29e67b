# Every kind with a pod spec, seen as the pods it makes.
package plimsoll.workload

import data.plimsoll.resource

# Where the kind keeps its pod spec.
pod_path := ["spec"] if input.kind == "Pod"

pod_path := ["template", "spec"] if input.kind == "PodTemplate"

pod_path := ["spec", "jobTemplate", "spec", "template", "spec"] if input.kind == "CronJob"

pod_path := ["spec", "template", "spec"] if not input.kind in {"Pod", "PodTemplate", "CronJob"}

pod := spec if {
	spec := object.get(input, pod_path, null)
	is_object(spec)
}

# The labels that the pods get.
pod_labels := labels if {
	template := array.slice(pod_path, 0, count(pod_path) - 1)
	labels := resource.fields(object.get(input, array.concat(template, ["metadata"]), {}), "labels")
}

nouns := {
	"containers": "container",
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
}

# All containers of the pod: `spec` as written, `list` and `path` where it stands, `title` for messages.
containers := [container |
	some list, noun in nouns
	some i, spec in resource.list(pod, list)
	is_object(spec)
	container := {
		"spec": spec,
		"list": list,
		"path": array.concat(pod_path, [list, i]),
		"title": sprintf("%s `%s`", [noun, object.get(spec, "name", sprintf("#%d", [i]))]),
	}
]

volumes := [volume |
	some i, spec in resource.list(pod, "volumes")
	is_object(spec)
	volume := {"spec": spec, "path": array.concat(pod_path, ["volumes", i]), "name": object.get(spec, "name", "")}
]

# The requests that the kubelet makes to a container: probes and lifecycle hooks over HTTP or TCP.
handlers(spec) := array.concat(
	[handler |
		some name in ["livenessProbe", "readinessProbe", "startupProbe"]
		probe := spec[name]
		some kind in ["httpGet", "tcpSocket"]
		handler := {"name": name, "path": [name, kind], "action": probe[kind]}
	],
	[handler |
		lifecycle := spec.lifecycle
		some name in ["postStart", "preStop"]
		some kind in ["httpGet", "tcpSocket"]
		handler := {"name": name, "path": ["lifecycle", name, kind], "action": lifecycle[name][kind]}
	],
)

# Not a patch: the object carries what the API server asks of its kind, and every container says what it runs. What
# is absent from a patch may stand in the object that it is applied to.
complete if {
	well_formed
	count(resource.list(pod, "containers")) > 0
	every container in containers {
		is_string(container.spec.image)
	}
}

well_formed if input.kind in {"Pod", "PodTemplate"}

well_formed if {
	input.kind in {"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Rollout"}
	input.spec.selector
}

well_formed if {
	input.kind in {"Deployment", "DaemonSet", "ReplicaSet"}
	startswith(input.apiVersion, "extensions/")
}

well_formed if input.kind == "ReplicationController"

well_formed if {
	input.kind in {"Job", "CronJob"}
	is_string(pod.restartPolicy)
}

# A field of the effective security context: what the container says, else what the pod says.
security(container, field) := {
	"value": value,
	"path": array.concat(container.path, ["securityContext", field]),
	"subject": container.title,
} if {
	value := container.spec.securityContext[field]
	value != null
} else := {
	"value": value,
	"path": array.concat(pod_path, ["securityContext", field]),
	"subject": "the pod",
} if {
	value := pod.securityContext[field]
	value != null
}
