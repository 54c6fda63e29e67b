//! The compact form of schemas, read where it lies.
//!
//! A table is a header and five parts, all numbers little-endian:
//!
//! | part | record |
//! | --- | --- |
//! | header | `PLIM`, u16 format, u16 number of versions; offset and count (u32 each) of the parts below, in this order; one u16 a version: its minor |
//! | types | u8 [`Shape`], u8 flags, u16 amount, u32 first, u32 required, u32 name: see [`Type`] |
//! | fields | u32 [`name_hash`] of the name, u32 name, u32 type index (24 bits) and the bits of [`Field`]; sorted by hash within a type |
//! | lists | u32 list-map keys, u32 patch merge key, names separated by commas |
//! | kinds | u32 hash of apiVersion and kind, u32 apiVersion, u32 kind, u32 bit 0: cluster-scoped; one u16 a version: its type, 0 where it is not served; sorted by hash |
//! | strings | UTF-8; a reference is 24 bits of offset and 8 bits of length |
//!
//! Type 0 is "anything". The built-in table comes from `schemas/rebuild.py` and is shared by all versions: the same
//! type index in two versions means the same verdict. [`super::compose`] makes tables of the same form from custom
//! resource definitions.
//!
//! Reading never panics: what lies outside of the bytes reads as zero, which is "anything" or an empty name.

use super::version::Version;

/// The built-in kinds of all versions.
pub(super) static BUILT_IN: &[u8] = include_bytes!("../../../schemas/kubernetes.bin");

pub(super) const MAGIC: &[u8; 4] = b"PLIM";
pub(super) const FORMAT: u16 = 1;
pub(super) const TYPE_SIZE: usize = 16;
pub(super) const FIELD_SIZE: usize = 12;
pub(super) const LIST_SIZE: usize = 8;
const KIND_SIZE: usize = 16;
const PARTS_AT: usize = 8;
pub(super) const MINORS_AT: usize = PARTS_AT + 5 * 8;

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Shape {
    /// Anything; not looked into.
    Any = 0,
    /// A string.
    String,
    /// A boolean.
    Boolean,
    /// An integer of 32 bits with a sign.
    Int32,
    /// An integer of 64 bits with a sign.
    Int64,
    /// Any number.
    Number,
    /// An integer or a string (`k8s.io/apimachinery/pkg/util/intstr`).
    IntOrString,
    /// A number, or a string with a suffix (`k8s.io/apimachinery/pkg/api/resource`).
    Quantity,
    /// Bytes in base64.
    Bytes,
    /// A time of RFC 3339.
    Time,
    /// Items of one type.
    Array,
    /// Free keys, values of one type.
    Map,
    /// Known fields.
    Object,
    /// `ObjectMeta` of the target version; only in tables of custom resources.
    Metadata,
    /// Values that are kept, and objects whose fields are not; only in tables of custom resources.
    Undeclared,
    /// A string that is one of certain words, which stand in the name of the type, separated by commas.
    Word,
}

impl Shape {
    const ALL: [Shape; 16] = [
        Shape::Any,
        Shape::String,
        Shape::Boolean,
        Shape::Int32,
        Shape::Int64,
        Shape::Number,
        Shape::IntOrString,
        Shape::Quantity,
        Shape::Bytes,
        Shape::Time,
        Shape::Array,
        Shape::Map,
        Shape::Object,
        Shape::Metadata,
        Shape::Undeclared,
        Shape::Word,
    ];

    fn of(byte: u8) -> Shape {
        Shape::ALL.get(byte as usize).copied().unwrap_or(Shape::Any)
    }
}

/// One type.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// What it is.
    pub shape: Shape,
    /// Bits of [`Type::CLOSED`] and its neighbours.
    pub flags: u8,
    /// Object: number of fields. Array: index of its list record.
    pub amount: u16,
    /// Object: index of the first field. Array and map: type of the items.
    pub first: u32,
    /// Object: how many fields are required.
    pub required: u32,
    name: u32,
}

impl Type {
    /// An object without fields other than the known ones.
    pub const CLOSED: u8 = 1;
    /// An array whose items must differ.
    #[expect(dead_code, reason = "in the table for whoever merges patches")]
    pub const LIST_SET: u8 = 2;
    /// An array whose items are told apart by the keys in its list record.
    #[cfg_attr(not(test), expect(dead_code, reason = "in the table for whoever merges patches"))]
    pub const LIST_MAP: u8 = 4;
    /// Null is a value of its own; only in tables of custom resources.
    pub const NULLABLE: u8 = 8;

    /// An empty text is no absent one: Go has a pointer there, or an item of a list. Only of [`Shape::Word`].
    pub const FILLED: u8 = 16;

    /// Whether a flag is set.
    #[must_use]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A field of an object.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The type index and the bits below.
    word: u32,
    name: u32,
}

impl Field {
    /// The server refuses objects without it.
    pub const REQUIRED: u32 = 1 << 31;
    /// What the cluster reports; decoded, and then ignored in what people write.
    pub const STATUS: u32 = 1 << 30;
    /// Strategic merge patches merge the list instead of replacing it.
    #[expect(dead_code, reason = "in the table for whoever merges patches")]
    pub const MERGE: u32 = 1 << 29;
    /// Strategic merge patches drop the keys that the patch does not name.
    #[expect(dead_code, reason = "in the table for whoever merges patches")]
    pub const RETAIN_KEYS: u32 = 1 << 28;
    /// Server-side apply treats the map as one value.
    #[expect(dead_code, reason = "in the table for whoever merges patches")]
    pub const ATOMIC: u32 = 1 << 27;
    const TYPE: u32 = (1 << 24) - 1;

    /// The index of its type.
    #[must_use]
    pub fn type_index(&self) -> u32 {
        self.word & Field::TYPE
    }

    /// Whether a bit is set.
    #[must_use]
    pub fn has(&self, bit: u32) -> bool {
        self.word & bit != 0
    }
}

/// One row of the kinds.
#[derive(Debug, Clone, Copy)]
pub struct KindRow<'b> {
    /// `apps/v1`
    pub api_version: &'b str,
    /// `Deployment`
    pub kind: &'b str,
    /// Without a namespace.
    pub cluster: bool,
    columns: &'b [u8],
}

impl KindRow<'_> {
    /// The type in the version of that column, unless it is not served there.
    #[must_use]
    pub fn type_in(&self, column: usize) -> Option<u32> {
        Some(u32::from(half(self.columns, column * 2))).filter(|index| *index != 0)
    }
}

/// A view of the bytes of a table.
#[derive(Debug, Clone, Copy)]
pub struct Table<'b> {
    types: &'b [u8],
    fields: &'b [u8],
    lists: &'b [u8],
    kinds: &'b [u8],
    strings: &'b [u8],
    minors: &'b [u8],
}

impl<'b> Table<'b> {
    /// Finds the parts. Bytes that are no table read as a table without types.
    #[must_use]
    pub fn read(bytes: &'b [u8]) -> Self {
        let known = bytes.starts_with(MAGIC) && half(bytes, 4) == FORMAT;
        let versions = if known { usize::from(half(bytes, 6)) } else { 0 };
        let part = |at: usize, size: usize| {
            let (offset, count) = (word(bytes, PARTS_AT + at * 8), word(bytes, PARTS_AT + at * 8 + 4));
            let range = offset as usize..(offset as usize).saturating_add((count as usize).saturating_mul(size));
            bytes.get(range).filter(|_| known).unwrap_or_default()
        };
        Table {
            types: part(0, TYPE_SIZE),
            fields: part(1, FIELD_SIZE),
            lists: part(2, LIST_SIZE),
            kinds: part(3, KIND_SIZE + versions * 2),
            strings: part(4, 1),
            minors: bytes.get(MINORS_AT..MINORS_AT + versions * 2).unwrap_or_default(),
        }
    }

    /// The versions, oldest first.
    pub fn versions(self) -> impl DoubleEndedIterator<Item = Version> + ExactSizeIterator {
        self.minors.chunks_exact(2).map(|minor| Version::new(half(minor, 0)))
    }

    /// The type of that index.
    #[must_use]
    pub fn type_at(self, index: u32) -> Type {
        let record = chunk(self.types, index as usize, TYPE_SIZE).first_chunk().copied().unwrap_or([0; TYPE_SIZE]);
        let word = |at: usize| u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]);
        Type {
            shape: Shape::of(record[0]),
            flags: record[1],
            amount: u16::from_le_bytes([record[2], record[3]]),
            first: word(4),
            required: word(8),
            name: word(12),
        }
    }

    /// The name of the Go type, with group and version: `apps/v1.DeploymentSpec`. Empty where it has none.
    #[must_use]
    pub fn type_name(self, of: &Type) -> &'b str {
        self.string(of.name)
    }

    /// The words that a [`Shape::Word`] allows.
    pub fn words(self, of: &Type) -> impl Iterator<Item = &'b str> + use<'b> {
        self.string(of.name).split(',')
    }

    /// Whether a word is one of [`Table::words`].
    #[must_use]
    pub fn has_word(self, of: &Type, word: &str) -> bool {
        let mut rest = self.bytes(of.name);
        loop {
            if rest.starts_with(word.as_bytes()) && matches!(rest.get(word.len()), None | Some(b',')) {
                return true;
            }
            let Some(comma) = memchr::memchr(b',', rest) else { return false };
            rest = &rest[comma + 1..];
        }
    }

    /// The field of that name, and its place among the fields of the object.
    #[must_use]
    pub fn field(self, object: &Type, name: &str) -> Option<(usize, Field)> {
        self.field_of(object, name.as_bytes())
    }

    /// As [`Table::field`], of the bytes of a name.
    #[must_use]
    pub fn field_of(self, object: &Type, name: &[u8]) -> Option<(usize, Field)> {
        let hash = name_hash(name);
        let (records, _) = self.field_records(object).as_chunks::<FIELD_SIZE>();
        // Hashes are spread evenly, and in order: the place of one is known but for a step or two.
        let mut at = ((u64::from(hash) * records.len() as u64) >> 32) as usize;
        while at > 0 && word(&records[at - 1], 0) >= hash {
            at -= 1;
        }
        while at < records.len() && word(&records[at], 0) < hash {
            at += 1;
        }
        let record = records.get(at).filter(|record| word(*record, 0) == hash)?;
        let field = Field { name: word(record, 4), word: word(record, 8) };
        (self.bytes(field.name) == name).then_some((at, field))
    }

    /// All fields of an object, with their places.
    pub fn fields(self, object: &Type) -> impl Iterator<Item = (usize, Field)> + use<'b> {
        self.field_records(object)
            .chunks_exact(FIELD_SIZE)
            .map(|record| Field { name: word(record, 4), word: word(record, 8) })
            .enumerate()
    }

    /// The name of a field.
    #[must_use]
    pub fn field_name(self, field: Field) -> &'b str {
        self.string(field.name)
    }

    /// The keys that tell the items of an array apart, and the key that strategic merge patches merge it by.
    #[must_use]
    #[cfg_attr(not(test), expect(dead_code, reason = "in the table for whoever merges patches"))]
    pub fn list_keys(self, array: &Type) -> (&'b str, &'b str) {
        let record = chunk(self.lists, usize::from(array.amount), LIST_SIZE);
        (self.string(word(record, 0)), self.string(word(record, 4)))
    }

    /// The row of a kind.
    #[must_use]
    pub fn kind(self, api_version: &str, kind: &str) -> Option<KindRow<'b>> {
        let hash = name_hash(api_version.as_bytes()).rotate_left(16) ^ name_hash(kind.as_bytes());
        let size = self.kind_size();
        let (mut low, mut high) = (0, self.kinds.len() / size);
        while low < high {
            let middle = low.midpoint(high);
            if word(self.kinds, middle * size) < hash { low = middle + 1 } else { high = middle }
        }
        self.kinds
            .get(low * size..)?
            .chunks_exact(size)
            .take_while(|record| word(record, 0) == hash)
            .map(|record| self.kind_row(record))
            .find(|row| row.api_version == api_version && row.kind == kind)
    }

    /// All kinds, in the order of the table.
    pub fn kinds(self) -> impl Iterator<Item = KindRow<'b>> {
        self.kinds.chunks_exact(self.kind_size()).map(move |record| self.kind_row(record))
    }

    fn kind_size(self) -> usize {
        KIND_SIZE + self.minors.len()
    }

    fn kind_row(self, record: &'b [u8]) -> KindRow<'b> {
        KindRow {
            api_version: self.string(word(record, 4)),
            kind: self.string(word(record, 8)),
            cluster: word(record, 12) & 1 != 0,
            columns: record.get(KIND_SIZE..).unwrap_or_default(),
        }
    }

    fn field_records(self, object: &Type) -> &'b [u8] {
        let start = object.first as usize * FIELD_SIZE;
        let amount = if object.shape == Shape::Object { usize::from(object.amount) } else { 0 };
        self.fields.get(start..start + amount * FIELD_SIZE).unwrap_or_default()
    }

    fn string(self, reference: u32) -> &'b str {
        std::str::from_utf8(self.bytes(reference)).unwrap_or_default()
    }

    fn bytes(self, reference: u32) -> &'b [u8] {
        let start = (reference >> 8) as usize;
        self.strings.get(start..start + (reference & 0xFF) as usize).unwrap_or_default()
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

fn half(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at + 2) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => 0,
    }
}

fn chunk(bytes: &[u8], index: usize, size: usize) -> &[u8] {
    index.checked_mul(size).and_then(|start| bytes.get(start..start + size)).unwrap_or_default()
}

/// The hash of names: every field of every object is looked up by it, so it takes eight bytes at a time. It is that of
/// the Rust compiler (`FxHasher` of rustc-hash 1) with another factor, of the length and of words of eight bytes, the last
/// of which may overlap; the upper half of it counts.
pub(super) fn name_hash(name: &[u8]) -> u32 {
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let length = name.len() as u64;
    let mut hash = length;
    if name.len() >= 8 {
        let (words, rest) = name.as_chunks::<8>();
        for word in words {
            hash = mix(hash, u64::from_le_bytes(*word));
        }
        if let Some(last) = name.last_chunk().filter(|_| !rest.is_empty()) {
            hash = mix(hash, u64::from_le_bytes(*last));
        }
    } else if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        hash = mix(hash, u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32);
    } else {
        hash = mix(hash, name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn descend<'b>(table: Table<'b>, api_version: &str, kind: &str, keys: &[&str]) -> (Table<'b>, Type) {
        let column = table.versions().len() - 1;
        let root = table.kind(api_version, kind).unwrap().type_in(column).unwrap();
        let found = keys.iter().fold(table.type_at(root), |at, key| match at.shape {
            Shape::Array | Shape::Map => table.type_at(at.first),
            _ => table.type_at(table.field(&at, key).unwrap_or_else(|| panic!("{key}")).1.type_index()),
        });
        (table, found)
    }

    #[test]
    fn the_table_is_small_and_holds_the_promised_versions() {
        assert!(BUILT_IN.len() < 512 * 1024, "{} bytes", BUILT_IN.len());
        let minors: Vec<_> = Table::read(BUILT_IN).versions().map(|version| version.minor).collect();
        assert_eq!(minors, (25..=37).collect::<Vec<_>>());
    }

    #[test]
    fn every_kind_and_every_field_is_found_by_its_name() {
        let table = Table::read(BUILT_IN);
        let mut seen = 0;
        for row in table.kinds() {
            assert_eq!(table.kind(row.api_version, row.kind).unwrap().kind, row.kind);
            for index in (0..table.versions().len()).filter_map(|column| row.type_in(column)) {
                let root = table.type_at(index);
                assert_eq!(root.shape, Shape::Object, "{} {}", row.api_version, row.kind);
                for (place, field) in table.fields(&root) {
                    assert_eq!(table.field(&root, table.field_name(field)).unwrap().0, place);
                    seen += 1;
                }
            }
        }
        assert!(seen > 5_000, "{seen}");
    }

    #[test]
    fn shapes_are_those_of_the_go_types() {
        let table = Table::read(BUILT_IN);
        let shape = |kind, keys: &[&str]| descend(table, "v1", kind, keys).1.shape;
        let container = ["spec", "containers", "[]"];
        let below = |keys: &[&'static str]| [&container[..], keys].concat();
        assert_eq!(shape("Pod", &["metadata", "creationTimestamp"]), Shape::Time);
        assert_eq!(shape("Pod", &["metadata", "labels"]), Shape::Map);
        assert_eq!(shape("Pod", &below(&["resources", "limits", "{}"])), Shape::Quantity);
        assert_eq!(shape("Pod", &below(&["livenessProbe", "httpGet", "port"])), Shape::IntOrString);
        assert_eq!(shape("Pod", &["spec", "activeDeadlineSeconds"]), Shape::Int64);
        assert_eq!(shape("Pod", &["spec", "priority"]), Shape::Int32);
        assert_eq!(shape("Secret", &["data", "{}"]), Shape::Bytes);
        assert_eq!(shape("Secret", &["stringData", "{}"]), Shape::String);
        let (_, schema) = descend(
            table,
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            &["spec", "versions", "[]", "schema", "openAPIV3Schema", "properties", "{}", "default"],
        );
        assert_eq!(schema.shape, Shape::Any);
    }

    #[test]
    fn lists_keep_how_their_items_are_told_apart() {
        let (table, containers) = descend(Table::read(BUILT_IN), "v1", "Pod", &["spec", "containers"]);
        assert!(containers.has(Type::LIST_MAP));
        assert_eq!(table.list_keys(&containers), ("name", "name"));
        let (_, ports) = descend(table, "v1", "Service", &["spec", "ports"]);
        assert_eq!(table.list_keys(&ports), ("port,protocol", "port"));
    }

    #[test]
    fn what_the_server_does_not_ask_for_is_not_required() {
        let table = Table::read(BUILT_IN);
        let required = |api_version: &str, kind: &str, keys: &[&str], field: &str| {
            let (table, object) = descend(table, api_version, kind, keys);
            table.field(&object, field).unwrap().1.has(Field::REQUIRED)
        };
        assert!(required("apps/v1", "Deployment", &["spec"], "selector"));
        assert!(required("v1", "Pod", &["spec", "containers", "[]"], "name"));
        assert!(!required("apps/v1", "StatefulSet", &["spec"], "serviceName"));
        assert!(!required("networking.k8s.io/v1", "NetworkPolicy", &["spec"], "podSelector"));
        assert!(!required("scheduling.k8s.io/v1", "PriorityClass", &[], "value"));
        let oldest = table.kind("apps/v1", "StatefulSet").unwrap().type_in(0).unwrap();
        let spec = table.type_at(table.field(&table.type_at(oldest), "spec").unwrap().1.type_index());
        assert!(!table.field(&spec, "serviceName").unwrap().1.has(Field::REQUIRED));
    }

    #[test]
    fn broken_bytes_read_as_an_empty_table() {
        for bytes in [&b""[..], b"PLIM", b"PLIM\x01\0\xff\xff", &BUILT_IN[..100], &BUILT_IN[1..]] {
            let table = Table::read(bytes);
            assert!(table.kind("v1", "Pod").is_none());
            assert_eq!(table.type_at(7).shape, Shape::Any);
        }
    }
}
