# METADATA
# scope: package
# title: CronJob whose runs may overlap
# description: >-
#   a run that takes longer than the time between two of them piles up, and works on the same data as the next
# related_resources:
#   - https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy
# custom:
#   severity: warning
#   default: false
#   profiles: [jobs]
#   kinds: [batch/CronJob]
#   help: >-
#     set `concurrencyPolicy: Forbid`, or `Replace` where only the newest run counts
package plimsoll.reliability["cronjob-concurrency-policy"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": ["spec", "concurrencyPolicy"]} if {
	workload.complete
	object.get(input.spec, "concurrencyPolicy", null) in {null, "Allow"}
	msg := sprintf("%s lets its runs overlap", [resource.describe(input)])
}
