# METADATA
# scope: package
# title: object without a namespace
# description: >-
#   it lands in whatever namespace the tool or the person who applies it happens to be in
# related_resources:
#   - https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   severity: warning
#   default: false
#   profiles: [metadata]
#   kinds: [workload, ConfigMap, PersistentVolumeClaim, Secret, Service, ServiceAccount, autoscaling/HorizontalPodAutoscaler, networking.k8s.io/Ingress, networking.k8s.io/NetworkPolicy, policy/PodDisruptionBudget, rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/RoleBinding]
#   help: >-
#     name the namespace, in the object or in the kustomization above it
package plimsoll.hygiene["namespace-missing"]

import data.plimsoll.resource
import data.plimsoll.workload

# Where Flux or Argo CD name the namespace of what they apply, the finding is taken back when all objects are known.
deny contains {"msg": msg, "path": ["metadata", "namespace"]} if {
	not workload.partial
	is_object(input.metadata)
	object.get(input.metadata, "namespace", null) in {null, ""}
	msg := sprintf("%s names no namespace", [resource.describe(input)])
}
