# METADATA
# scope: package
# title: role changes the status of Services
# description: >-
#   whoever can write the addresses of a load balancer into a Service takes over the traffic to them inside the
#   cluster (CVE-2020-8554)
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/Role, rbac.authorization.k8s.io/ClusterRole]
#   needs: [services/status]
#   help: >-
#     leave the status to the controller of the load balancer
package plimsoll.security["rbac-service-status"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("", {"services/status"}, {"update", "patch"})
	msg := sprintf("%s grants write access to `%s`", [resource.describe(input), found.kind])
}
