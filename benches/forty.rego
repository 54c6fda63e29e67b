# Forty rules of the kind that people write for conftest, for measurements: one `deny` each.
package main

import rego.v1

pod_path := {
	"Pod": ["spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
	"Deployment": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
}

pod := object.get(input, pod_path[input.kind], {})

containers contains container if some container in pod.containers

containers contains container if some container in pod.initContainers

long_running contains container if {
	input.kind in {"Deployment", "StatefulSet", "DaemonSet"}
	some container in pod.containers
}

named(what) := sprintf("%s %s: %s", [input.kind, input.metadata.name, what])

deny contains msg if {
	some container in containers
	endswith(container.image, ":latest")
	msg := named(sprintf("%s has the tag latest", [container.name]))
}

deny contains msg if {
	some container in containers
	not contains(container.image, ":")
	not contains(container.image, "@")
	msg := named(sprintf("%s has no tag", [container.name]))
}

deny contains msg if {
	some container in containers
	not container.resources.limits.memory
	msg := named(sprintf("%s has no memory limit", [container.name]))
}

deny contains msg if {
	some container in containers
	not container.resources.requests.cpu
	msg := named(sprintf("%s has no CPU request", [container.name]))
}

deny contains msg if {
	some container in containers
	container.securityContext.privileged
	msg := named(sprintf("%s is privileged", [container.name]))
}

deny contains msg if {
	some container in containers
	container.securityContext.readOnlyRootFilesystem == false
	msg := named(sprintf("%s writes to its root file system", [container.name]))
}

deny contains msg if {
	some container in containers
	container.securityContext.allowPrivilegeEscalation
	msg := named(sprintf("%s may escalate", [container.name]))
}

deny contains msg if {
	some container in containers
	some capability in container.securityContext.capabilities.add
	capability in {"SYS_ADMIN", "NET_ADMIN", "ALL"}
	msg := named(sprintf("%s adds %s", [container.name, capability]))
}

deny contains msg if {
	some container in containers
	drop := container.securityContext.capabilities.drop
	not "ALL" in drop
	msg := named(sprintf("%s keeps capabilities", [container.name]))
}

deny contains msg if {
	pod.hostNetwork
	msg := named("shares the network of the node")
}

deny contains msg if {
	pod.hostPID
	msg := named("shares the processes of the node")
}

deny contains msg if {
	pod.hostIPC
	msg := named("shares the IPC of the node")
}

deny contains msg if {
	some volume in pod.volumes
	volume.hostPath
	msg := named(sprintf("volume %s is a path of the node", [volume.name]))
}

deny contains msg if {
	pod.securityContext.runAsNonRoot == false
	msg := named("may run as root")
}

deny contains msg if {
	some container in containers
	container.securityContext.runAsUser == 0
	msg := named(sprintf("%s runs as root", [container.name]))
}

deny contains msg if {
	some container in containers
	some variable in container.env
	variable.value
	regex.match(`(?i)(secret|password|token|api_?key)`, variable.name)
	msg := named(sprintf("%s of %s holds a secret", [variable.name, container.name]))
}

deny contains msg if {
	some container in containers
	some registry in {"docker.io/", "quay.io/"}
	startswith(container.image, registry)
	msg := named(sprintf("%s comes from %s", [container.name, registry]))
}

deny contains msg if {
	some container in containers
	some port in container.ports
	port.hostPort
	msg := named(sprintf("%s takes port %d of the node", [container.name, port.hostPort]))
}

deny contains msg if {
	pod.automountServiceAccountToken == true
	msg := named("mounts a token")
}

deny contains msg if {
	pod.serviceAccountName == "default"
	msg := named("runs under the default account")
}

deny contains msg if {
	input.kind == "StatefulSet"
	some container in long_running
	not container.livenessProbe
	msg := named(sprintf("%s has no liveness probe", [container.name]))
}

deny contains msg if {
	input.kind == "StatefulSet"
	some container in long_running
	not container.readinessProbe
	msg := named(sprintf("%s has no readiness probe", [container.name]))
}

deny contains msg if {
	input.kind == "Deployment"
	input.spec.replicas < 1
	msg := named("has no replica")
}

deny contains msg if {
	input.kind in {"Deployment", "StatefulSet", "DaemonSet"}
	some key, value in input.spec.selector.matchLabels
	not input.spec.template.metadata.labels[key] == value
	msg := named(sprintf("selector %s matches no pod", [key]))
}

deny contains msg if {
	input.kind == "CronJob"
	not input.spec.concurrencyPolicy
	msg := named("runs may overlap")
}

deny contains msg if {
	input.kind == "Service"
	input.spec.type == "NodePort"
	msg := named("takes a port of every node")
}

deny contains msg if {
	input.kind == "Service"
	input.spec.type == "LoadBalancer"
	not input.spec.loadBalancerSourceRanges
	msg := named("is open to the internet")
}

deny contains msg if {
	input.kind == "Service"
	count(input.spec.externalIPs) > 0
	msg := named("claims external addresses")
}

deny contains msg if {
	input.kind == "Ingress"
	not input.spec.tls
	msg := named("has no TLS")
}

deny contains msg if {
	input.kind == "Ingress"
	some rule in input.spec.rules
	startswith(rule.host, "*")
	msg := named(sprintf("answers for %s", [rule.host]))
}

deny contains msg if {
	input.kind in {"Role", "ClusterRole"}
	some rule in input.rules
	"*" in rule.verbs
	msg := named("grants every verb")
}

deny contains msg if {
	input.kind in {"Role", "ClusterRole"}
	some rule in input.rules
	"secrets" in rule.resources
	"list" in rule.verbs
	msg := named("lists Secrets")
}

deny contains msg if {
	input.kind in {"RoleBinding", "ClusterRoleBinding"}
	input.roleRef.name == "cluster-admin"
	msg := named("binds cluster-admin")
}

deny contains msg if {
	input.kind in {"RoleBinding", "ClusterRoleBinding"}
	some subject in input.subjects
	subject.name == "system:anonymous"
	msg := named("binds everybody")
}

deny contains msg if {
	input.kind == "HorizontalPodAutoscaler"
	input.spec.minReplicas < 2
	msg := named("goes below two replicas")
}

deny contains msg if {
	input.kind == "PodDisruptionBudget"
	input.spec.maxUnavailable == 0
	msg := named("allows no eviction")
}

deny contains msg if {
	input.kind == "NetworkPolicy"
	some rule in input.spec.ingress
	some peer in rule.from
	peer.ipBlock.cidr == "0.0.0.0/0"
	msg := named("is open to everybody")
}

deny contains msg if {
	not input.metadata.labels["app.kubernetes.io/name"]
	msg := named("has no name label")
}

deny contains msg if {
	input.metadata.namespace == "default"
	msg := named("is in the default namespace")
}

deny contains msg if {
	not regex.match(`^[a-z0-9.-]+$`, input.metadata.name)
	msg := named("has an odd name")
}
