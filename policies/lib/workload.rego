# Every kind with a pod spec, seen as the pods it makes.
package plimsoll.workload

import data.plimsoll.resource
import data.plimsoll.target

# Where the kind keeps its pod spec.
pod_path := pod_paths[input.kind] if {
	pod_paths[input.kind]
} else := ["spec", "template", "spec"]

pod_paths := {
	"Pod": ["spec"],
	"PodTemplate": ["template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

# Where the kind keeps what becomes the pod: its metadata and its spec.
template_path := array.slice(pod_path, 0, count(pod_path) - 1)

template_annotations := resource.fields(resource.fields(object.get(input, template_path, {}), "metadata"), "annotations")

pod := spec if {
	spec := object.get(input, pod_path, null)
	is_object(spec)
}

nouns := {
	"containers": "container",
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
}

# All containers of the pod: `spec` as written, `list` and `path` where it stands.
containers := [{"spec": spec, "list": list, "path": array.concat(pod_path, [list, i])} |
	some list, _ in nouns
	some i, spec in resource.list(pod, list)
	is_object(spec)
]

# Those that run as long as their pod: a container that is started before the others and stays is one of them.
long_running(container) if container.list == "containers"

long_running(container) if {
	container.list == "initContainers"
	container.spec.restartPolicy == "Always"
}

# ``container `web` ``, for messages.
title(container) := sprintf("%s `%s`", [nouns[container.list], container.spec.name]) if {
	is_string(container.spec.name)
} else := sprintf("%s `#%d`", [nouns[container.list], container.path[count(container.path) - 1]])

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

# The bare name of the workload itself stands for an image that a build tool (skaffold, ko) fills in, unless Docker Hub has
# an image of that name which people use as it is.
stand_in(image) if {
	image == input.metadata.name
	not regex.match(`[/:.@]`, image)
	not image in {
		"alpine", "busybox", "cassandra", "consul", "debian", "elasticsearch", "haproxy", "httpd", "kibana", "mariadb",
		"memcached", "mongo", "mysql", "nats", "nginx", "node", "postgres", "python", "rabbitmq", "redis", "registry",
		"traefik", "ubuntu", "vault", "wordpress", "zookeeper",
	}
}

# Not a patch: the object carries what the API server asks of its kind, and every container says what it runs. What
# is absent from a patch may stand in the object that it is applied to.
complete if {
	object.get(input, mark, null) != null
	resource.list(pod, "containers") != []
	count([1 | some container in containers; is_string(container.spec.image)]) == count(containers)
}

# A workload of which only a part is here.
partial if {
	marks[input.kind]
	not complete
}

# The selector could be left out in the group `extensions`.
mark := ["spec", "template"] if {
	startswith(input.apiVersion, "extensions/")
} else := marks[input.kind]

# What a patch of the kind hardly ever repeats.
marks := {
	"Pod": ["spec", "containers"],
	"PodTemplate": ["template", "spec", "containers"],
	"ReplicationController": ["spec", "template"],
	"Deployment": ["spec", "selector"],
	"DaemonSet": ["spec", "selector"],
	"StatefulSet": ["spec", "selector"],
	"ReplicaSet": ["spec", "selector"],
	"Rollout": ["spec", "selector"],
	"Job": ["spec", "template", "spec", "restartPolicy"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"],
}

# A field of the effective security context: what the container says, else what the pod says.
security(container, field) := {
	"value": value,
	"path": array.concat(container.path, ["securityContext", field]),
	"subject": title(container),
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

# Since Kubernetes 1.35 the standard leaves pods with a user namespace alone: the root of the container is nobody on the
# node. Every target has to be as new.
user_namespace if {
	target.oldest >= 35
	pod.hostUsers == false
}

# Both places of a security context: that of the pod, and those of its containers. `subject` is for messages.
contexts := array.concat(
	[{"spec": spec, "path": array.concat(pod_path, ["securityContext"]), "container": null} |
		spec := pod.securityContext
		is_object(spec)
	],
	[{"spec": spec, "path": array.concat(container.path, ["securityContext"]), "container": container} |
		some container in containers
		spec := container.spec.securityContext
		is_object(spec)
	],
)

# What a security context does, for messages: `Deployment shop/web runs ...`.
runs(context, how) := sprintf("%s runs %s", [resource.describe(input), how]) if {
	context.container == null
} else := sprintf("%s runs %s, in %s", [title(context.container), how, resource.describe(input)])
