# METADATA
# scope: package
# title: pod below the restricted level
# description: >-
#   a cluster that enforces the restricted level refuses the pod; without it a flaw of the program reaches further
#   than it has to
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: warning
#   default: false
#   profiles: [pod-security-restricted]
#   kinds: [workload]
#   help: >-
#     set what is listed; the pod level is enough for `runAsNonRoot` and `seccompProfile`
package plimsoll.security["pod-security-restricted"]

import data.plimsoll.resource
import data.plimsoll.target
import data.plimsoll.workload

# One finding for a workload, with all that it lacks. What is written and wrong has rules of its own: `run-as-root`,
# `privilege-escalation-allowed`, `seccomp-unconfined` and those of the baseline level.
deny contains {"msg": msg, "path": workload.pod_path, "note": note} if {
	workload.complete
	lacks := [lack | some lack in parts; count(lack.containers) > 0]
	words := array.concat([lack.word | some lack in lacks], volumes)
	count(words) > 0
	msg := sprintf("%s is below the restricted level: %s", [resource.describe(input), concat(", ", words)])
	titles := {title | some lack in lacks; some title in lack.containers}
	note := sprintf("looked at: %s", [concat(", ", sort(titles | volume_names))])
}

parts := [
	{"word": "no `allowPrivilegeEscalation: false`", "containers": [workload.title(container) |
		linux
		some container in workload.containers
		not stated(container.spec.securityContext, "allowPrivilegeEscalation")
	]},
	{"word": "no `capabilities.drop: [ALL]`", "containers": [workload.title(container) |
		linux
		some container in workload.containers
		not drops_all(container)
	]},
	{"word": "a capability beyond `NET_BIND_SERVICE`", "containers": [workload.title(container) |
		linux
		some container in workload.containers
		some capability in resource.list(container.spec.securityContext.capabilities, "add")
		capability != "NET_BIND_SERVICE"
	]},
	{"word": "no `runAsNonRoot: true`", "containers": [workload.title(container) |
		not workload.user_namespace
		some container in workload.containers
		not workload.security(container, "runAsNonRoot")
	]},
	{"word": "no `seccompProfile`", "containers": [workload.title(container) |
		linux
		some container in workload.containers
		not workload.security(container, "seccompProfile")
	]},
]

# Windows knows neither of these, which the standard says since Kubernetes 1.25.
linux if not workload.pod.os.name == "windows"

linux if target.oldest < 25

stated(context, field) if context[field] != null

drops_all(container) if "ALL" in resource.list(container.spec.securityContext.capabilities, "drop")

# A `hostPath` has rules of its own.
other_volumes := {volume.name |
	some volume in workload.volumes
	some key, _ in volume.spec
	not key in allowed_volumes
}

volumes := ["a volume that is no claim and not made by Kubernetes" | count(other_volumes) > 0]

volume_names := {sprintf("volume `%v`", [name]) | some name in other_volumes}

allowed_volumes := {
	"name", "hostPath", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
	"projected", "secret",
}
