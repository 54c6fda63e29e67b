# METADATA
# scope: package
# title: role makes pods
# description: >-
#   whoever can make pods can use every Secret and every service account of the namespace, and, unless admission
#   forbids it, the node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [pods, replicationcontrollers, deployments, daemonsets, statefulsets, replicasets, jobs, cronjobs]
#   help: >-
#     leave `create` to the tool that deploys
package plimsoll.security["rbac-create-workloads"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("", {"pods", "replicationcontrollers"}, {"create"})
	msg := sprintf("%s grants `create` on `%s`", [resource.describe(input), found.kind])
}

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("apps", {"daemonsets", "deployments", "replicasets", "statefulsets"}, {"create"})
	msg := sprintf("%s grants `create` on `%s`", [resource.describe(input), found.kind])
}

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("batch", {"cronjobs", "jobs"}, {"create"})
	msg := sprintf("%s grants `create` on `%s`", [resource.describe(input), found.kind])
}
