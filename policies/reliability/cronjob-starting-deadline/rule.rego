# METADATA
# scope: package
# title: CronJob without a deadline for its start
# description: >-
#   after an outage of the controller every missed run counts: beyond 100 of them the CronJob never starts again
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline
# custom:
#   severity: warning
#   default: false
#   profiles: [jobs]
#   kinds: [batch/CronJob]
#   help: >-
#     set `startingDeadlineSeconds`, shorter than the time between two runs
package plimsoll.reliability["cronjob-starting-deadline"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": ["spec", "startingDeadlineSeconds"]} if {
	workload.complete
	object.get(input.spec, "startingDeadlineSeconds", null) == null
	msg := sprintf("%s has no deadline for its start", [resource.describe(input)])
}
