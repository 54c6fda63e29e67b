# METADATA
# scope: package
# title: finished Job that stays, or that goes too early
# description: >-
#   finished Jobs and their pods stay until somebody deletes them; in a CronJob the history limits do it, and a TTL
#   takes the history away
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
# custom:
#   severity: warning
#   default: false
#   profiles: [jobs]
#   kinds: [batch/Job, batch/CronJob]
#   help: >-
#     set `ttlSecondsAfterFinished` on the Job, and leave it out of a CronJob
package plimsoll.reliability["job-ttl"]

import data.plimsoll.resource
import data.plimsoll.workload

# Hooks are removed by their tool; a Job with an owner is removed with it.
deny contains {"msg": msg, "path": ["spec", "ttlSecondsAfterFinished"]} if {
	input.kind == "Job"
	workload.complete
	not resource.hook
	resource.list(input.metadata, "ownerReferences") == []
	object.get(input.spec, "ttlSecondsAfterFinished", null) == null
	msg := sprintf("%s stays when it is finished", [resource.describe(input)])
}

deny contains {"msg": msg, "path": ["spec", "jobTemplate", "spec", "ttlSecondsAfterFinished"]} if {
	input.kind == "CronJob"
	is_number(input.spec.jobTemplate.spec.ttlSecondsAfterFinished)
	msg := sprintf("%s deletes its Jobs before its history limits do", [resource.describe(input)])
}
