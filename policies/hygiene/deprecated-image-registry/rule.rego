# METADATA
# scope: package
# title: image from a registry that is frozen
# description: >-
#   no new image and no security fix arrives there, and the host may stop to answer: new nodes cannot pull
# related_resources:
#   - https://kubernetes.io/blog/2023/03/10/image-registry-redirect/
# custom:
#   severity: warning
#   kinds: [workload]
#   needs: ['image ~ ^(k8s\.gcr\.io|gcr\.io/google[_-]containers)/']
#   help: >-
#     pull from `registry.k8s.io`
package plimsoll.hygiene["deprecated-image-registry"]

import data.plimsoll.resource
import data.plimsoll.workload

deny contains {"msg": msg, "path": array.concat(container.path, ["image"])} if {
	some container in workload.containers
	image := container.spec.image
	is_string(image)
	some frozen in ["k8s.gcr.io", "gcr.io/google_containers", "gcr.io/google-containers"]
	startswith(image, concat("", [frozen, "/"]))
	msg := sprintf("image `%s` of %s comes from the frozen registry `%s`, in %s", [
		image, workload.title(container), frozen, resource.describe(input),
	])
}
