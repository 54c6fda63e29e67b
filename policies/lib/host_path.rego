# The `hostPath` volumes of a pod, and which of them are worse than others.
package plimsoll.host_path

import data.plimsoll.workload

# Each with the `kind` of what it opens: `socket`, `sensitive` or `plain`.
volumes := [volume |
	some candidate in workload.volumes
	written := candidate.spec.hostPath.path
	is_string(written)
	volume := {
		"name": candidate.name,
		"written": written,
		"kind": kind(normal(written)),
		"talks": talks(candidate.spec.hostPath, normal(written)),
		"path": array.concat(candidate.path, ["hostPath", "path"]),
	}
]

# Whether it is a socket of whatever sort: nobody is kept from talking to one by `readOnly`.
talks(volume, _) if volume.type == "Socket"

talks(_, path) if endswith(path, ".sock")

talks(_, path) if path == "/dev/log"

talks(volume, path) := false if {
	not object.get(volume, "type", "") == "Socket"
	not endswith(path, ".sock")
	path != "/dev/log"
}

# Without a trailing slash, and `/var/run` as `/run`, which it is a link to.
normal(path) := clean if {
	trimmed := trim_right(path, "/")
	clean := replace_prefix(trimmed, "/var/run", "/run")
}

replace_prefix(text, prefix, new) := new if text == prefix

replace_prefix(text, prefix, new) := concat("", [new, trim_prefix(text, prefix)]) if startswith(text, concat("", [prefix, "/"]))

replace_prefix(text, prefix, _) := text if {
	text != prefix
	not startswith(text, concat("", [prefix, "/"]))
}

kind(path) := "socket" if {
	segments := split(path, "/")
	segments[count(segments) - 1] in sockets
} else := "plain" if {
	some root in public
	startswith(concat("", [path, "/"]), concat("", [root, "/"]))
} else := "sensitive" if {
	sensitive(path)
} else := "plain"

# By their names: distributions put them into different directories.
sockets := {"docker.sock", "containerd.sock", "crio.sock", "podman.sock", "cri-dockerd.sock", "dockershim.sock"}

# Certificates and time zones that anybody may know (keys lie elsewhere, in `/etc/ssl/private`), the system log, and devices
# that are in every container anyway; with what lies below.
public := {
	"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/pki/ca-trust",
	"/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo",
	"/dev/log", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero",
}

sensitive(path) if path == ""

sensitive(path) if path in sensitive_roots

sensitive(path) if {
	some root in sensitive_roots
	startswith(path, concat("", [root, "/"]))
}

sensitive_roots := {
	"/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sys", "/usr", "/var/lib/kubelet", "/var/lib/docker",
}
