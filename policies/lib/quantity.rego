# Kubernetes quantities as numbers (k8s.io/apimachinery resource.Quantity): `0.1` equals `100m`, `1Gi` is not `1G`.
package plimsoll.quantity

# Undefined for a text that is no quantity; that is the schema's finding.
value(written) := written if is_number(written)

value(written) := units.parse(written) if {
	is_string(written)
	regex.match(`^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$`, written)
}
