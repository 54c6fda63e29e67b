# METADATA
# scope: package
# title: hook Job that deletes itself
# description: >-
#   the Job disappears before the tool that started it has seen its end: the sync hangs or runs the hook again
# related_resources:
#   - https://github.com/argoproj/argo-cd/issues/6880
# custom:
#   severity: warning
#   profiles: [jobs]
#   kinds: [batch/Job]
#   needs: [helm.sh/hook, argocd.argoproj.io/hook]
#   help: >-
#     remove `ttlSecondsAfterFinished`, and use the delete policy of the hook
package plimsoll.reliability["job-ttl-gitops-hook"]

import data.plimsoll.resource

deny contains {"msg": msg, "path": ["spec", "ttlSecondsAfterFinished"]} if {
	resource.hook
	is_number(input.spec.ttlSecondsAfterFinished)
	msg := sprintf("%s is a hook and deletes itself %v s after its end", [
		resource.describe(input), input.spec.ttlSecondsAfterFinished,
	])
}
