# METADATA
# scope: package
# title: role makes persistent volumes
# description: >-
#   a volume can be any directory of a node (`hostPath`), and so the way onto it
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/ClusterRole]
#   needs: [persistentvolumes]
#   help: >-
#     leave volumes to the provisioner; programs need PersistentVolumeClaims
package plimsoll.security["rbac-create-persistentvolumes"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("", {"persistentvolumes"}, {"create"})
	msg := sprintf("%s grants `create` on `%s`", [resource.describe(input), found.kind])
}
