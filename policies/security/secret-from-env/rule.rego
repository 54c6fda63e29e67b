# METADATA
# scope: package
# title: Secret handed over in the environment
# description: >-
#   variables leak into logs, crash reports and child processes, and do not change when the Secret does
# related_resources:
#   - https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   severity: warning
#   default: false
#   kinds: [workload]
#   needs: [secretKeyRef, secretRef]
#   help: >-
#     mount the Secret as a file
package plimsoll.security["secret-from-env"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(container.path, ["env", i, "valueFrom", "secretKeyRef"])} if {
	some container in workload.containers
	some i, variable in resource.list(container.spec, "env")
	is_object(variable.valueFrom.secretKeyRef)
	msg := sprintf("variable `%v` of %s comes from a Secret, in %s", [
		object.get(variable, "name", ""), workload.title(container), resource.describe(input),
	])
}

deny contains {"msg": msg, "path": array.concat(container.path, ["envFrom", i, "secretRef"])} if {
	some container in workload.containers
	some i, source in resource.list(container.spec, "envFrom")
	is_object(source.secretRef)
	msg := sprintf("%s gets a whole Secret as its environment, in %s", [workload.title(container), resource.describe(input)])
}
