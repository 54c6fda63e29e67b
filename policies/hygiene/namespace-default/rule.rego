# METADATA
# scope: package
# title: object is placed in the namespace `default`
# description: >-
#   what has no home of its own shares quotas, network policies and rights with everything else that has none
# related_resources:
#   - https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   severity: warning
#   profiles: [metadata]
#   kinds: ["*"]
#   needs: ['namespace ~ ^default$']
#   help: >-
#     name a namespace of its own
package plimsoll.hygiene["namespace-default"]

import data.plimsoll.resource

# A role and its binding stand where the objects are that they are about.
deny contains {"msg": msg, "path": ["metadata", "namespace"]} if {
	input.metadata.namespace == "default"
	not input.kind in {"Role", "RoleBinding"}
	not unplaced
	msg := sprintf("%s is placed in the namespace `default`", [resource.describe(input)])
}

# Kinds that lie in no namespace, whatever is written: `namespace-on-cluster-scoped` says so. Custom ones are called like that.
unplaced if startswith(input.kind, "Cluster")

unplaced if {
	input.kind in {
		"APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "CustomResourceDefinition", "FlowSchema",
		"GatewayClass", "IngressClass", "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume",
		"PriorityClass", "PriorityLevelConfiguration", "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy",
		"ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeSnapshotClass",
	}
}
