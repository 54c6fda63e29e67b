# METADATA
# scope: package
# title: role changes admission webhooks
# description: >-
#   whoever can write webhook configurations sees and changes every object on its way into the cluster, Secrets
#   among them
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   severity: warning
#   default: false
#   profiles: [rbac-strict]
#   kinds: [rbac.authorization.k8s.io/ClusterRole]
#   needs: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
#   help: >-
#     name the configurations with `resourceNames`
package plimsoll.security["rbac-webhook-config"]

import data.plimsoll.rbac
import data.plimsoll.resource

deny contains {"msg": msg, "path": found.path} if {
	some found in rbac.grants("admissionregistration.k8s.io", {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}, {"create", "update", "patch"})
	msg := sprintf("%s grants write access to `%s`", [resource.describe(input), found.kind])
}
