//! Functions over blocks of addresses (`10.0.0.0/8`) that regorus lacks. They only compute.

use std::net::IpAddr;

use regorus::Value;
use regorus::value::{Array, Set};

type Answer = Result<Value, String>;

/// A block: addresses of a family, from the first to the last. An address of version 4 is never one of version 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    six: bool,
    first: u128,
    last: u128,
}

impl Block {
    fn new(address: IpAddr, length: u32) -> Option<Block> {
        let (six, number, bits) = match address {
            IpAddr::V4(address) => (false, u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (true, u128::from(address), 128),
        };
        let host = u128::MAX.checked_shr(128 - (bits - bits.min(length))).unwrap_or(0);
        (length <= bits).then_some(Block { six, first: number & !host, last: number | host })
    }

    /// `10.0.0.0/8`
    fn read(written: &Value) -> Result<Block, String> {
        let written = written.as_string().map_err(|_| "it takes texts".to_owned())?;
        let parts = written.split_once('/').and_then(|(address, length)| {
            let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            Some((address.parse().ok()?, length.parse().ok().filter(|_| plain)?))
        });
        let block = parts.and_then(|(address, length)| Block::new(address, length));
        block.ok_or_else(|| format!("`{written}` is no block of addresses"))
    }

    /// A block, or one address.
    fn read_either(written: &Value) -> Result<Block, String> {
        let address = written.as_string().ok().and_then(|text| text.parse::<IpAddr>().ok());
        match address.and_then(|address| Block::new(address, if address.is_ipv4() { 32 } else { 128 })) {
            Some(block) => Ok(block),
            None => Block::read(written),
        }
    }

    /// A block, or the class that an address of version 4 lies in, as OPA has it (`topdown/cidr.go`, `generateIPNet`).
    fn read_classful(written: &Value) -> Result<Block, String> {
        let Some(address) = written.as_string().ok().and_then(|text| text.parse::<std::net::Ipv4Addr>().ok()) else {
            return Block::read(written);
        };
        let length = match address.octets()[0] {
            0..128 => 8,
            128..192 => 16,
            _ => 24,
        };
        Block::new(address.into(), length).ok_or_else(|| format!("`{address}` is no address"))
    }

    fn contains(&self, other: &Block) -> bool {
        self.six == other.six && self.first <= other.first && other.last <= self.last
    }

    fn text(&self) -> String {
        let length = (if self.six { 128 } else { 32 }) - (u128::BITS - (self.last - self.first).leading_zeros());
        let address = match self.six {
            true => IpAddr::V6(self.first.into()),
            false => IpAddr::V4(u32::try_from(self.first).unwrap_or_default().into()),
        };
        format!("{address}/{length}")
    }
}

/// `net.cidr_overlap(a, b)`, the older name of `net.cidr_contains`.
pub fn overlap(arguments: &[Value]) -> Answer {
    Ok(Value::from(Block::read(&arguments[0])?.contains(&Block::read_either(&arguments[1])?)))
}

/// `net.cidr_intersects(a, b)`
pub fn intersects(arguments: &[Value]) -> Answer {
    let (one, other) = (Block::read(&arguments[0])?, Block::read(&arguments[1])?);
    Ok(Value::from(one.contains(&other) || other.contains(&one)))
}

/// `net.cidr_contains_matches(blocks, blocks or addresses)`: the pairs of keys of which one contains the other.
pub fn matches(arguments: &[Value]) -> Answer {
    let (outer, inner) = (keyed(&arguments[0])?, keyed(&arguments[1])?);
    let mut found = Set::default();
    for (key, block) in &outer {
        let block = Block::read(block)?;
        for (other, written) in &inner {
            if block.contains(&Block::read_either(written)?) {
                found.insert(Value::from([key.clone(), other.clone()].into_iter().collect::<Array>()));
            }
        }
    }
    Ok(Value::from(found))
}

/// What stands in a collection, by what it is named in answers: its index, its key, or itself. Of a list it is the first.
fn keyed(collection: &Value) -> Result<Vec<(Value, Value)>, String> {
    let first = |value: &Value| match value {
        Value::String(_) => Ok(value.clone()),
        Value::Array(items) if !items.is_empty() => Ok(items[0].clone()),
        _ => Err("an element must be a text, or a list that is not empty".to_owned()),
    };
    match collection {
        Value::String(_) => Ok(vec![(collection.clone(), collection.clone())]),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| Ok((Value::from(at), first(item)?))).collect(),
        Value::Set(items) => items.iter().map(|item| Ok((item.clone(), first(item)?))).collect(),
        Value::Object(fields) => fields.iter().map(|(key, item)| Ok((key.clone(), first(item)?))).collect(),
        _ => Err("it takes texts".to_owned()),
    }
}

/// `net.cidr_merge(blocks)`: the fewest blocks with the same addresses.
pub fn merge(arguments: &[Value]) -> Answer {
    let items: Vec<Value> = match &arguments[0] {
        Value::Array(items) => items.iter().cloned().collect(),
        Value::Set(items) => items.iter().cloned().collect(),
        _ => return Err("it takes a list or a set".to_owned()),
    };
    let mut blocks = items.iter().map(Block::read_classful).collect::<Result<Vec<_>, _>>()?;
    blocks.sort_unstable();
    let mut ranges: Vec<Block> = Vec::new();
    for block in blocks {
        match ranges.last_mut() {
            Some(last) if last.six == block.six && block.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(block.last);
            }
            _ => ranges.push(block),
        }
    }
    Ok(Value::from(ranges.iter().flat_map(parted).map(|block| Value::from(block.text())).collect::<Set>()))
}

/// A range as blocks: each as large as its first address and what is left allow.
fn parted(range: &Block) -> Vec<Block> {
    let (mut blocks, mut first) = (Vec::new(), range.first);
    loop {
        let left = range.last - first;
        let aligned = first.trailing_zeros().min(if range.six { 128 } else { 32 });
        let fitting = if left == u128::MAX { 128 } else { (left + 1).ilog2() };
        let host = u128::MAX.checked_shr(128 - aligned.min(fitting)).unwrap_or(0);
        let last = first + host;
        blocks.push(Block { first, last, ..*range });
        if last >= range.last {
            return blocks;
        }
        first = last + 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::value::values;
    use super::*;

    fn set(items: &str) -> Value {
        Value::from(values(items).into_iter().collect::<Set>())
    }

    // The expected values are those of OPA 1.21.
    #[test]
    fn blocks_are_compared() {
        let holds =
            |function: fn(&[Value]) -> Answer, arguments| function(&values(arguments)).unwrap() == Value::from(true);
        assert!(holds(intersects, r#"["192.168.0.0/16", "192.168.1.0/24"]"#));
        assert!(!holds(intersects, r#"["192.168.0.0/16", "10.0.0.0/8"]"#));
        assert!(!holds(intersects, r#"["0.0.0.0/0", "::/0"]"#));
        assert!(holds(overlap, r#"["10.0.0.0/8", "10.1.2.3"]"#) && !holds(overlap, r#"["10.0.0.0/8", "11.0.0.0/8"]"#));
        for broken in
            [r#"["10.0.0.0/33", "10.0.0.0/8"]"#, r#"["10.0.0.0", "10.0.0.0/8"]"#, r#"["10.0.0.0/+8", ""]"#, "[1, 2]"]
        {
            assert!(intersects(&values(broken)).is_err(), "{broken}");
        }
    }

    #[test]
    fn pairs_are_named_by_their_keys() {
        let found = matches(&values(r#"[["10.0.0.0/8", "0.0.0.0/0"], {"a": "10.1.1.1", "b": ["11.0.0.0/8", "x"]}]"#));
        assert_eq!(found.unwrap(), set(r#"[[0, "a"], [1, "a"], [1, "b"]]"#));
    }

    #[test]
    fn blocks_are_merged() {
        let merged = |blocks: &str| merge(&values(&format!("[{blocks}]"))).unwrap();
        assert_eq!(merged(r#"["192.0.128.0/24", "192.0.129.0/24"]"#), set(r#"["192.0.128.0/23"]"#));
        assert_eq!(
            merged(r#"["10.0.0.0/24", "10.0.0.7/32", "10.0.2.0/24"]"#),
            set(r#"["10.0.0.0/24", "10.0.2.0/24"]"#)
        );
        assert_eq!(merged(r#"["10.0.0.7", "10.0.0.8"]"#), set(r#"["10.0.0.0/8"]"#));
        assert_eq!(merged(r#"["10.0.1.0/24", "10.0.2.0/24"]"#), set(r#"["10.0.1.0/24", "10.0.2.0/24"]"#));
        assert_eq!(merged(r#"["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]"#), set(r#"["0.0.0.0/0", "::/0"]"#));
    }
}
