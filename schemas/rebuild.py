#!/usr/bin/env python3
"""Turns the JSON Schemas of the PyPI package `kubernetes-validate` into `schemas/kubernetes.bin`.

    pip download --no-deps kubernetes-validate==1.37.0 --dest /tmp/wheel
    python3 schemas/rebuild.py /tmp/wheel/kubernetes_validate-1.37.0-py3-none-any.whl

Standard library only, and the same wheel gives the same bytes. What the table looks like, and how it is read:
src/check/schema/table.rs. Where the published schemas are wrong, and what is done about it: NOT_ENFORCED below.
"""

import json
import pathlib
import re
import struct
import sys
import zipfile

OUTPUT = pathlib.Path(__file__).with_name("kubernetes.bin")
ENUMS = json.loads(pathlib.Path(__file__).with_name("enums.json").read_text())["fields"]
LIMIT = 512 * 1024

# Kinds of types; the numbers are those of `Shape` in src/check/schema/table.rs.
ANY, STRING, BOOLEAN, INT32, INT64, NUMBER, INT_OR_STRING, QUANTITY, BYTES, TIME, ARRAY, MAP, OBJECT = range(13)
WORD = 15

# Flags of a type record.
CLOSED, LIST_SET, LIST_MAP, FILLED = 1, 2, 4, 16
# Bits above the type index of a property record.
REQUIRED, STATUS, MERGE, RETAIN_KEYS, ATOMIC = 1 << 31, 1 << 30, 1 << 29, 1 << 28, 1 << 27

# Definitions whose decoding the schema does not tell (k8s.io/apimachinery: pkg/api/resource, pkg/util/intstr,
# pkg/apis/meta/v1, pkg/runtime; k8s.io/apiextensions-apiserver: pkg/apis/apiextensions/v1/marshal.go, whose types
# accept more than one JSON type and are decoded without strictness).
SPECIAL = {
    "Quantity": QUANTITY,
    "IntOrString": INT_OR_STRING,
    "Time": TIME,
    "MicroTime": TIME,
    "FieldsV1": ANY,
    "RawExtension": ANY,
    "JSON": ANY,
    "JSONSchemaPropsOrArray": ANY,
    "JSONSchemaPropsOrBool": ANY,
    "JSONSchemaPropsOrStringArray": ANY,
}

# Fields that the schemas call required although the API server accepts objects without them. A field that a later
# release of Kubernetes stopped calling required is treated so in the earlier ones as well, and is not listed here.
# Source: k8s.io/kubernetes pkg/apis/*/validation, unless another place is named.
NOT_ENFORCED = {
    "core/v1.SleepAction.seconds",
    "core/v1.PreferredSchedulingTerm.preference",
    "core/v1.ISCSIVolumeSource.lun",
    "core/v1.ISCSIPersistentVolumeSource.lun",
    "core/v1.ScaleIOVolumeSource.secretRef",
    "core/v1.ScaleIOPersistentVolumeSource.secretRef",
    "core/v1.HTTPHeader.value",  # validateHTTPGetAction looks at the name alone
    "core/v1.Sysctl.value",  # validateSysctls looks at the name alone
    "core/v1.LimitRangeSpec.limits",  # ValidateLimitRange accepts an empty list
    "batch/v1.PodFailurePolicy.rules",  # validatePodFailurePolicy accepts an empty list
    "discovery/v1.ForZone.name",  # validateHints takes any value of a label
    "storage/v1.CSINodeSpec.drivers",  # an empty list is what a node without drivers has
    "storage/v1.TokenRequest.audience",  # an empty audience is the API server's own
    # A boolean that is absent is false: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation.
    "apiextensions/v1.CustomResourceDefinitionVersion.served",
    "apiextensions/v1.CustomResourceDefinitionVersion.storage",
    # Zero is a generation like any other.
    "resource/v1.ResourcePool.generation",
    "resource/v1beta1.ResourcePool.generation",
    "resource/v1beta2.ResourcePool.generation",
    "resource/v1alpha3.ResourcePool.generation",
}

# Kinds without a namespace. Not in the schemas; source: `NamespaceScoped() bool { return false }` in
# k8s.io/kubernetes pkg/registry/*/*/strategy.go, and `+genclient:nonNamespaced` in k8s.io/api/*/*/types.go.
CLUSTER_SCOPED = {
    "": "ComponentStatus Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "authentication.k8s.io": "SelfSubjectReview TokenReview",
    "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "internal.apiserver.k8s.io": "StorageVersion",
    "networking.k8s.io": "ClusterCIDR IPAddress IngressClass ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass DeviceTaintRule ResourceClass ResourcePoolStatusRequest ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    "storagemigration.k8s.io": "StorageVersionMigration",
}

# Bodies of requests and answers, served under every group; nobody writes them into a file.
NOT_RESOURCES = re.compile(r"^io\.k8s\.apimachinery\.")


def definitions(wheel):
    """The definitions of every minor version in the wheel: {25: {"io.k8s.api.core.v1.Pod": schema, …}, …}."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            match = re.search(r"/v1\.(\d+)\.\d+-local/_definitions\.json$", name)
            if match:
                document = json.loads(archive.read(name))
                found[int(match[1])] = document.get("$defs") or document["definitions"]
    return dict(sorted(found.items()))


def go_name(definition):
    """`io.k8s.api.apps.v1.Deployment` -> `apps/v1.Deployment`."""
    group, version, kind = definition.split(".")[-3:]
    return f"{group}/{version}.{kind}"


def field_is_required(minors, definition, field):
    """Whether the server wants that field; see NOT_ENFORCED."""
    newest = next((schemas[definition] for schemas in reversed(minors.values()) if definition in schemas), {})
    return f"{go_name(definition)}.{field}" not in NOT_ENFORCED and (
        field in newest.get("required", []) or field not in newest.get("properties", {})
    )


def words_of(type_name, field, minor):
    """The words that a field may hold in a version, separated by commas; None if it may hold any."""
    entry = ENUMS.get(f"{type_name}.{field}")
    if entry is None:
        return None
    MET.add(f"{type_name}.{field}")
    later = [word for since, words in entry.get("later", {}).items() if int(since) <= minor for word in words]
    return ",".join(sorted(entry["values"] + later))


# The fields of enums.json that some schema has.
MET = set()


class Nodes:
    """Every schema of every version as a node: what it is by itself, and the nodes that it refers to."""

    def __init__(self, minors):
        self.minors = minors
        self.own = []  # what the node is, without what it refers to
        self.children = []
        self.places = {}  # (minor, definition) -> node
        for minor, schemas in minors.items():
            for name in sorted(schemas):
                self.places[minor, name] = self.reserve()
        for minor, schemas in minors.items():
            for name in sorted(schemas):
                self.fill(self.places[minor, name], minor, schemas[name], name)

    def reserve(self):
        self.own.append(None)
        self.children.append(())
        return len(self.own) - 1

    def node(self, minor, schema):
        """The node of a schema that is written where it is used."""
        if "$ref" in schema:
            return self.places[minor, schema["$ref"].rsplit("/", 1)[-1]]
        at = self.reserve()
        self.fill(at, minor, schema, None)
        return at

    def fill(self, at, minor, schema, name):
        special = SPECIAL.get(name.rsplit(".", 1)[-1]) if name else None
        if special is not None:
            self.own[at] = (special,)
            return
        if "$ref" in schema:
            raise SystemExit(f"{name}: a definition that is only a reference")
        kinds = schema.get("type", [])
        kinds = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
        if schema.get("properties"):
            self.object(at, minor, schema, name)
        elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            self.own[at], self.children[at] = (MAP,), (self.node(minor, schema["additionalProperties"]),)
        elif kind == "object" and name:
            self.own[at] = (OBJECT, CLOSED, go_name(name), (), 0)  # a struct without fields, such as SelfSubjectReviewSpec
        elif kind == "array":
            self.own[at] = (ARRAY, *self.list_type(schema))
            self.children[at] = (self.node(minor, schema["items"]),)
        else:
            self.own[at] = (self.scalar(kind, schema),)

    def object(self, at, minor, schema, name):
        fields, children = [], []
        for field, inner in sorted(schema["properties"].items()):
            bits = REQUIRED * (field in schema.get("required", []) and field_is_required(self.minors, name, field))
            bits |= STATUS * (field == "status" and inner.get("$ref", "").endswith("Status"))
            strategy = inner.get("x-kubernetes-patch-strategy", "").split(",")
            bits |= MERGE * ("merge" in strategy) | RETAIN_KEYS * ("retainKeys" in strategy)
            bits |= ATOMIC * (inner.get("x-kubernetes-map-type") == "atomic")
            merge_key = inner.get("x-kubernetes-patch-merge-key", "")
            fields.append((field, bits))
            words = words_of(go_name(name), field, minor) if name else None
            filled = FILLED * (words is not None and ENUMS[f"{go_name(name)}.{field}"].get("pointer", False))
            child = self.node(minor, inner) if words is None else self.word(words, inner, filled)
            if merge_key and self.own[child] is not None and self.own[child][0] == ARRAY:
                self.own[child] = (*self.own[child][:3], merge_key)
            children.append(child)
        closed = 0 if schema.get("additionalProperties") else CLOSED
        self.own[at] = (OBJECT, closed, go_name(name) if name else "", tuple(fields), 0)
        self.children[at] = tuple(children)

    def word(self, words, schema, filled):
        """The node of a string, or a list of strings, that is one of certain words."""
        at = self.reserve()
        if "items" in schema:
            self.own[at], self.children[at] = (ARRAY, *self.list_type(schema)), (self.word(words, schema["items"], FILLED),)
        else:
            self.own[at] = (WORD, words, filled)
        return at

    @staticmethod
    def list_type(schema):
        flags = {"set": LIST_SET, "map": LIST_MAP}.get(schema.get("x-kubernetes-list-type"), 0)
        return flags, ",".join(schema.get("x-kubernetes-list-map-keys", [])), ""

    @staticmethod
    def scalar(kind, schema):
        form = schema.get("format")
        if kind == "string":
            return {"byte": BYTES, "date-time": TIME}.get(form, STRING)
        if kind == "integer":
            return {"int32": INT32, "int64": INT64}[form]
        return {"boolean": BOOLEAN, "number": NUMBER, "object": ANY, None: ANY}[kind]


def classes(nodes):
    """Gives equal numbers to nodes that are equal including everything they refer to (partition refinement)."""
    interned = {}
    classes = [interned.setdefault(own, len(interned)) for own in nodes.own]
    while True:
        finer = {}
        refined = [
            finer.setdefault((own, tuple(classes[child] for child in children)), len(finer))
            for own, children in zip(nodes.own, nodes.children)
        ]
        if len(finer) == len(set(classes)):
            return refined
        classes = refined


class Strings:
    """All texts, each once; a reference is 24 bits of offset and 8 bits of length."""

    def __init__(self):
        self.bytes = bytearray()
        self.known = {"": 0}

    def reference(self, text):
        if text not in self.known:
            data = text.encode()
            assert len(data) < 256 and len(self.bytes) < 1 << 24
            self.known[text] = len(self.bytes) << 8 | len(data)
            self.bytes += data
        return self.known[text]


def name_hash(text):
    """The hash of `src/check/schema/table.rs`."""
    data = text.encode()
    if len(data) < 4:
        words = [int.from_bytes(data, "big")]
    elif len(data) < 8:
        words = [int.from_bytes(data[:4] + data[-4:], "little")]
    else:
        starts = list(range(0, len(data) - 7, 8))
        if len(data) % 8:
            starts.append(len(data) - 8)
        words = [int.from_bytes(data[start : start + 8], "little") for start in starts]
    value = len(data)
    for word in words:
        value = (((value << 5 & 0xFFFFFFFFFFFFFFFF | value >> 59) ^ word) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    return value >> 32


def kind_hash(api_version, kind):
    own = name_hash(api_version)
    return (own << 16 & 0xFFFFFFFF | own >> 16) ^ name_hash(kind)


def table(minors):
    nodes = Nodes(minors)
    numbers = classes(nodes)
    strings = Strings()

    # Numbering: 0 is "anything"; the others as they are met from the newest version on, so that the types of one
    # version lie close together.
    order, index = [], {}

    def number(node):
        if nodes.own[node] == (ANY,):
            return 0
        known = index.get(numbers[node])
        if known is None:
            known = index[numbers[node]] = len(order) + 1
            order.append(node)
        return known

    kinds = {}
    for column, (minor, schemas) in reversed(list(enumerate(minors.items()))):
        for name in sorted(schemas):
            if NOT_RESOURCES.match(name):
                continue
            for identity in schemas[name].get("x-kubernetes-group-version-kind", []):
                group, version, kind = identity["group"], identity["version"], identity["kind"]
                row = kinds.setdefault((group, version, kind), [0] * len(minors))
                row[column] = number(nodes.places[minor, name])

    types, properties, lists = bytearray(struct.pack("<BBHIII", ANY, 0, 0, 0, 0, 0)), bytearray(), [("", "")]
    count = 0
    for node in order:  # grows while it is walked
        own, children = nodes.own[node], nodes.children[node]
        flags = amount = first = required = name = 0
        if own[0] == OBJECT:
            fields = sorted(
                ((name_hash(field), field, bits | number(child)) for (field, bits), child in zip(own[3], children))
            )
            assert len({field[0] for field in fields}) == len(fields), f"hash collision in {own[2]}"
            flags, amount, first, name = own[1], len(fields), count, strings.reference(own[2])
            required = sum(1 for field in fields if field[2] & REQUIRED)
            for hashed, field, word in fields:
                properties += struct.pack("<III", hashed, strings.reference(field), word)
            count += len(fields)
        elif own[0] == ARRAY:
            keys = own[2], own[3]
            flags, first = own[1], number(children[0])
            if keys not in lists:
                lists.append(keys)
            amount = lists.index(keys)
        elif own[0] == MAP:
            first = number(children[0])
        elif own[0] == WORD:
            flags, name = own[2], strings.reference(own[1])
        types += struct.pack("<BBHIII", own[0], flags, amount, first, required, name)

    list_bytes = b"".join(struct.pack("<II", *map(strings.reference, keys)) for keys in lists)
    rows = []
    for (group, version, kind), row in kinds.items():
        api_version = f"{group}/{version}" if group else version
        cluster = kind in CLUSTER_SCOPED.get(group, "").split()
        rows.append((kind_hash(api_version, kind), api_version, kind, cluster, row))
    rows.sort(key=lambda row: row[:3])
    kind_bytes = b"".join(
        struct.pack(f"<IIII{len(row)}H", hashed, strings.reference(api_version), strings.reference(kind), cluster, *row)
        for hashed, api_version, kind, cluster, row in rows
    )

    minor_bytes = struct.pack(f"<{len(minors)}H", *minors)
    parts = [bytes(types), bytes(properties), list_bytes, kind_bytes, bytes(strings.bytes)]
    counts = [len(types) // 16, count, len(lists), len(rows), len(strings.bytes)]
    header = struct.pack("<4sHH", b"PLIM", 1, len(minors))
    offset = len(header) + 8 * len(parts) + len(minor_bytes)
    for part, amount in zip(parts, counts):
        header += struct.pack("<II", offset, amount)
        offset += len(part)
    print(f"{len(minors)} versions, {counts[0]} types, {count} fields, {len(rows)} kinds, {offset} bytes")
    return header + minor_bytes + b"".join(parts)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    minors = definitions(sys.argv[1])
    if not minors:
        raise SystemExit(f"{sys.argv[1]}: no v1.*-local/_definitions.json in it")
    data = table(minors)
    if ENUMS.keys() != MET:
        raise SystemExit(f"no schema has {sorted(ENUMS.keys() - MET)}")
    if len(data) > LIMIT:
        raise SystemExit(f"{len(data)} bytes, {LIMIT} are the limit")
    OUTPUT.write_bytes(data)


if __name__ == "__main__":
    main()
