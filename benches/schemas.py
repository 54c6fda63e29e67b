"""Stand-alone strict JSON Schemas for kubeconform, from the wheel of `kubernetes-validate` on PyPI.

    pip download --no-deps kubernetes-validate==1.37.0
    python3 benches/schemas.py kubernetes_validate-*.whl 1.33 /tmp/kubeconform-schemas

kubeconform is fastest with schemas that stand alone (no `$ref` into a file of definitions) and lie on the disk, so that
is what the benchmarks give it. Definitions are written out where they are used; one that contains itself (only
JSONSchemaProps, in CustomResourceDefinition) accepts anything at the second level. Descriptions are dropped.
"""

import json
import pathlib
import sys
import zipfile

DROPPED = {"description", "$schema", "$id"}


def inlined(schema, definitions, open_names=()):
    """The schema with every reference replaced by what it refers to."""
    if isinstance(schema, list):
        return [inlined(item, definitions, open_names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return {} if name in open_names else inlined(definitions[name], definitions, (*open_names, name))
    return {
        # Under `properties` the keys are names of fields, and a field may be called `description`.
        key: {name: inlined(field, definitions, open_names) for name, field in value.items()}
        if key == "properties"
        else inlined(value, definitions, open_names)
        for key, value in schema.items()
        if key not in DROPPED
    }


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    wheel, version, target = zipfile.ZipFile(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    folder = f"kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict/"
    definitions = json.loads(wheel.read(folder + "_definitions.json"))["$defs"]
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for name in wheel.namelist():
        if not name.startswith(folder) or name.endswith(("/_definitions.json", "/all.json")):
            continue
        schema = json.loads(wheel.read(name))
        if "x-kubernetes-group-version-kind" in schema:
            (target / name[len(folder) :]).write_text(json.dumps(inlined(schema, definitions)))
            count += 1
    print(f"{count} schemas of Kubernetes {version} in {target}")


if __name__ == "__main__":
    main()
