# Kubernetes quantities as numbers (k8s.io/apimachinery resource.Quantity): `0.1` equals `100m`, `1Gi` is not `1G`.
package plimsoll.quantity

# Undefined for a text that is no quantity; that is the schema's finding.
value(written) := written if is_number(written)

value(written) := number * factor if {
	is_string(written)
	regex.match(`^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$`, written)
	digits := trim_right(written, "mkMGTPEi")
	number := to_number(digits)
	factor := factors[trim_prefix(written, digits)]
}

factors := {
	"": 1, "m": 0.001,
	"k": 1000, "M": 1000000, "G": 1000000000, "T": 1000000000000, "P": 1000000000000000, "E": 1000000000000000000,
	"Ki": 1024, "Mi": 1048576, "Gi": 1073741824, "Ti": 1099511627776, "Pi": 1125899906842624, "Ei": 1152921504606846976,
}
