# METADATA
# scope: package
# title: container runs in privileged mode
# description: >-
#   the container has every capability and every device of the node: whoever takes it over owns the node
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: ["privileged: true"]
#   help: >-
#     remove `privileged`, and add under `capabilities.add` the one capability that the program needs
package plimsoll.security["privileged-container"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some container in workload.containers
	container.spec.securityContext.privileged == true
	path := array.concat(container.path, ["securityContext", "privileged"])
	msg := sprintf("%s runs privileged, in %s", [workload.title(container), resource.describe(input)])
}
