# METADATA
# scope: package
# title: role approves certificates
# description: >-
#   whoever can approve certificate signing requests can make a client certificate for any user of the cluster
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/ClusterRole]
#   needs: [certificatesigningrequests/approval]
#   help: >-
#     leave approval to the controller of the cluster, or name the signers with `resourceNames`
package plimsoll.security["rbac-csr-approval"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("certificates.k8s.io", {"certificatesigningrequests/approval"}, {"update", "patch"})
	msg := sprintf("%s grants write access to `%s`", [resource.describe(input), found.kind])
}
