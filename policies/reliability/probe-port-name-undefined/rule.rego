# METADATA
# scope: package
# title: probe asks a port name that the container does not declare
# description: >-
#   the probe fails at run time: the pod never becomes ready, or is restarted again and again
# related_resources:
#   - https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
# custom:
#   severity: error
#   kinds: [workload]
#   needs:
#     - containers refer with port to ports.name
#     - initContainers refer with port to ports.name
#     - ephemeralContainers refer with port to ports.name
#   help: >-
#     name a port of the same container, or give its number
package plimsoll.reliability["probe-port-name-undefined"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": path} if {
	workload.complete
	some container in workload.containers
	some handler in workload.handlers(container.spec)
	port := handler.action.port
	is_string(port)
	not regex.match(`^[0-9]+$`, port)
	not resource.placeholder(port)
	names := {name | some declared in resource.list(container.spec, "ports"); name := declared.name}
	not port in names
	path := array.concat(container.path, array.concat(handler.path, ["port"]))
	msg := sprintf("`%s` of %s asks the port `%s`, which the container does not declare, in %s", [
		handler.name, workload.title(container), port, resource.describe(input),
	])
}
