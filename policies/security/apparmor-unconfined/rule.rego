# METADATA
# scope: package
# title: AppArmor is switched off
# description: >-
#   on nodes with AppArmor nothing limits what the container may read, write or mount beyond ordinary file rights
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/pod-security-standards/
#   - https://kubernetes.io/docs/tutorials/security/apparmor/
# custom:
#   severity: error
#   profiles: [pod-security-baseline, pod-security-restricted]
#   kinds: [workload]
#   needs: [Unconfined, unconfined]
#   help: >-
#     use the profile of the runtime, `RuntimeDefault`, or one of your own, `Localhost`
package plimsoll.security["apparmor-unconfined"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	some context in workload.contexts
	context.spec.appArmorProfile.type == "Unconfined"
	path := array.concat(context.path, ["appArmorProfile", "type"])
	msg := workload.runs(context, "without AppArmor")
}

# The annotation that the field took the place of in Kubernetes 1.30.
deny contains {"msg": msg, "path": array.concat(workload.template_path, ["metadata", "annotations", key])} if {
	some key, profile in workload.template_annotations
	startswith(key, "container.apparmor.security.beta.kubernetes.io/")
	profile == "unconfined"
	name := trim_prefix(key, "container.apparmor.security.beta.kubernetes.io/")
	msg := sprintf("container `%s` runs without AppArmor, in %s", [name, resource.describe(input)])
}
