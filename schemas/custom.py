#!/usr/bin/env python3
"""Rebuilds custom.txt: the definitions of custom kinds that many repositories use. See README.md.

    python3 schemas/custom.py [FOLDER OF GO MODULES]

The definitions come from the Go modules of their projects, at the versions below; they are fetched with `go mod
download` unless they are in the folder already. Where a module holds the Go types alone, controller-gen makes the
definitions of them, as the project does. Needs PyYAML and Go.
"""

import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

import yaml

# Label, module, version, paths of the definitions. Under the Apache License 2.0, and Traefik under MIT.
PROJECTS = [
    ("Argo Rollouts", "github.com/argoproj/argo-rollouts", "v1.10.2", ["manifests/crds/*-crd.yaml"]),
    ("Argo CD", "github.com/argoproj/argo-cd/v3", "v3.6.1", ["manifests/crds/*-crd.yaml"]),
    ("cert-manager", "github.com/cert-manager/cert-manager", "v1.21.2", ["deploy/crds/*.yaml"]),
    ("External Secrets", "github.com/external-secrets/external-secrets", "v1.3.2", ["config/crds/bases/*.yaml"]),
    ("Flux kustomize-controller", "github.com/fluxcd/kustomize-controller", "v1.10.1", ["config/crd/bases/*.yaml"]),
    ("Flux source-controller", "github.com/fluxcd/source-controller", "v1.10.1", ["config/crd/bases/*.yaml"]),
    ("Gatekeeper", "github.com/open-policy-agent/gatekeeper/v3", "v3.23.1", ["charts/gatekeeper/crds/*[!s]-custom*.yaml"]),
    # Of a kind in both channels the experimental definition counts: it knows more fields.
    ("Gateway API", "sigs.k8s.io/gateway-api", "v1.7.0", ["config/crd/experimental/gateway.networking*.yaml"]),
    ("Istio", "istio.io/api", "v1.31.1", ["kubernetes/customresourcedefinitions.gen.yaml"]),
    ("KEDA", "github.com/kedacore/keda/v2", "v2.21.0", ["config/crd/bases/*.yaml"]),
    ("Kyverno", "github.com/kyverno/kyverno", "v1.19.1",
     ["config/crds/kyverno/*.yaml", "config/crds/policies.kyverno.io/*.yaml"]),
    ("Prometheus operator", "github.com/prometheus-operator/prometheus-operator", "v0.85.0",
     ["example/prometheus-operator-crd/*.yaml"]),
    ("Sealed Secrets", "github.com/bitnami-labs/sealed-secrets", "v0.40.0", ["helm/sealed-secrets/crds/*.yaml"]),
    ("Traefik", "github.com/traefik/traefik/v3", "v3.7.13",
     ["docs/content/reference/dynamic-configuration/traefik.io_*.yaml"]),
]

# Label, module of Go types, version. Under the Apache License 2.0.
TYPES = [
    ("Flux helm-controller", "github.com/fluxcd/helm-controller/api", "v1.6.4"),
    ("Flux image-automation-controller", "github.com/fluxcd/image-automation-controller/api", "v1.2.5"),
    ("Flux image-reflector-controller", "github.com/fluxcd/image-reflector-controller/api", "v1.2.5"),
    ("Flux notification-controller", "github.com/fluxcd/notification-controller/api", "v1.9.4"),
]
GENERATOR = "sigs.k8s.io/controller-tools/cmd/controller-gen@v0.19.0"

# What no check reads.
IDLE = {"description", "title", "example", "externalDocs", "x-kubernetes-map-type", "x-kubernetes-group-version-kind"}
# A repeated part shorter than this is written out: a reference is hardly shorter.
SHORT = 40


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads dates and a lone `=` as text, as Kubernetes does."""


for tag in ("timestamp", "value"):
    Loader.add_constructor(f"tag:yaml.org,2002:{tag}", lambda loader, node: loader.construct_scalar(node))


def folder_of(module, version, cache):
    """The folder of a module, fetched if need be. `!` stands before what was upper-case."""
    escaped = "".join("!" + c.lower() if c.isupper() else c for c in module)
    folder = os.path.join(cache, f"{escaped}@{version}")
    if not os.path.isdir(folder):
        # A module may ask for a newer Go than there is; it is downloaded all the same.
        subprocess.run(["go", "mod", "download", f"{module}@{version}"], check=False)
    if not os.path.isdir(folder):
        sys.exit(f"{module}@{version} cannot be had")
    return folder


def generate(module, version, folder):
    """Makes the definitions of the types in a module."""
    def go(*arguments):
        subprocess.run(["go", *arguments], cwd=folder, check=True, env={**os.environ, "GOFLAGS": "-mod=mod"})
    go("mod", "init", "definitions")
    go("get", f"{module}/...@{version}")
    go("run", GENERATOR, "crd", f"paths={module}/...", f"output:dir={folder}")


def definitions(files):
    """The definitions in YAML files."""
    for file in files:
        with open(file, encoding="utf-8") as stream:
            for document in yaml.load_all(stream, Loader=Loader):
                if document and document.get("kind") == "CustomResourceDefinition":
                    yield document["spec"]


def plain(schema):
    """A schema without what no check reads."""
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in IDLE:
            continue
        if key == "format" and schema.get("type") in ("integer", "number"):
            continue
        if key == "x-kubernetes-list-type" and value == "atomic":
            continue
        if key in ("properties", "patternProperties"):
            out[key] = {name: plain(inner) for name, inner in value.items()}
        elif key in ("items", "additionalProperties", "not"):
            out[key] = plain(value)
        elif key in ("allOf", "anyOf", "oneOf"):
            out[key] = [plain(inner) for inner in value]
        else:
            out[key] = value
    return out


def version_of(version):
    schema = plain(version["schema"]["openAPIV3Schema"])
    subresources = version.get("subresources") or {}
    for idle in ("apiVersion", "kind"):
        schema.get("properties", {}).pop(idle, None)
    if "status" in subresources and "status" in schema.get("properties", {}):
        # Nobody writes it, and the server drops it.
        schema["properties"]["status"] = {"x-kubernetes-preserve-unknown-fields": True}
    out = {"name": version["name"], "served": True}
    for key in ("deprecated", "deprecationWarning"):
        if version.get(key):
            out[key] = version[key]
    if "status" in subresources:
        out["subresources"] = {"status": {}}
    return out, schema


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Pool:
    """Parts of schemas that are written once."""

    def __init__(self):
        self.counts = collections.Counter()
        self.lines = []
        self.known = {}

    def count(self, value):
        if isinstance(value, (dict, list)):
            text = canonical(value)
            self.counts[text] += 1
            if self.counts[text] == 1:
                for inner in value.values() if isinstance(value, dict) else value:
                    self.count(inner)

    def write(self, value):
        """The text of a value: JSON, in which `\\x01number\\x02` stands for a line of the pool."""
        if not isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=False)
        whole = canonical(value)
        if whole in self.known:
            return self.known[whole]
        if isinstance(value, dict):
            text = "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{self.write(v)}"
                                  for k, v in sorted(value.items())) + "}"
        else:
            text = "[" + ",".join(self.write(v) for v in value) + "]"
        if self.counts[whole] > 1 and len(text) >= SHORT:
            self.known[whole] = f"\x01{len(self.lines)}\x02"
            self.lines.append(text)
            return self.known[whole]
        return text


def main():
    cache = sys.argv[1] if len(sys.argv) > 1 else subprocess.run(
        ["go", "env", "GOMODCACHE"], check=True, capture_output=True, text=True).stdout.strip()
    kinds = []

    def take(label, version, files):
        found = 0
        for spec in definitions(sorted(files)):
            versions = [version_of(own) for own in spec["versions"] if own.get("served", True)]
            kinds.append((spec["group"], spec["names"]["kind"], spec["scope"], f"{label} {version.lstrip('v')}", versions))
            found += 1
        if not found:
            sys.exit(f"{label} {version} has no definitions")
        print(f"{label} {version}: {found} kinds")

    for label, module, version, patterns in PROJECTS:
        folder = folder_of(module, version, cache)
        take(label, version, [file for pattern in patterns for file in glob.glob(os.path.join(folder, pattern))])
    for label, module, version in TYPES:
        with tempfile.TemporaryDirectory() as folder:
            generate(module, version, folder)
            take(label, version, glob.glob(os.path.join(folder, "*.yaml")))
    pool = Pool()
    for kind in kinds:
        for _, schema in kind[4]:
            pool.count(schema)
    heads = []
    for group, kind, scope, label, versions in sorted(kinds):
        for own, schema in versions:
            heads.append("\t".join([group, kind, own["name"], scope, label, canonical(own), pool.write(schema)]))
    if len({tuple(head.split("\t")[:3]) for head in heads}) != len(heads):
        sys.exit("a kind comes from two projects")
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "custom.txt")
    with open(out, "w", encoding="utf-8") as stream:
        stream.write("".join(line + "\n" for line in heads) + "\n" + "".join(line + "\n" for line in pool.lines))
    print(f"{len(heads)} kinds and versions, {os.path.getsize(out)} bytes")


if __name__ == "__main__":
    main()
