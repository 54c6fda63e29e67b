//! Flow collections, and the nodes in them.

use super::block::KeyStart;
use super::parser::{Expect, FrameKind, Parser};
use super::problem::Problem;
use super::properties::Properties;

impl<'p> Parser<'p> {
    /// Opens the bracket at the cursor.
    pub(super) fn open_flow(&mut self, properties: &Properties<'p>) -> Result<(), Problem> {
        let kind = if self.bytes[self.pos] == b'[' { FrameKind::FlowSequence } else { FrameKind::FlowMapping };
        self.open(kind, self.pos, properties)?;
        self.pos += 1;
        self.key_allowed = true;
        Ok(())
    }

    /// Closes the bracket at the cursor. A collection is no key, so no colon may follow.
    fn close_flow(&mut self) -> Result<(), Problem> {
        let frame = *self.frame();
        let start = self.tree.nodes[frame.node as usize].start as usize;
        self.pos += 1;
        self.key_allowed = false;
        self.close(self.pos)?;
        let end = self.pos;
        if self.colon_follows(KeyStart { at: start, line: frame.line as usize }) {
            return Err(self.collection_key(start));
        }
        self.pos = end;
        Ok(())
    }

    /// Steps to the next entry. False if there is none and the collection was closed.
    fn next_entry(&mut self, closing: u8) -> Result<bool, Problem> {
        self.skip_to_token();
        if self.frame().expect == Expect::Comma && self.byte(self.pos) != closing {
            if self.at_end() || self.byte(self.pos) != b',' {
                return Err(self.missing_comma());
            }
            self.pos += 1 + usize::from(self.byte(self.pos + 1) == b' ');
            self.key_allowed = true;
            self.skip_to_token();
        }
        if self.at_end() {
            return Err(self.missing_comma());
        }
        if self.byte(self.pos) == closing {
            self.close_flow()?;
            return Ok(false);
        }
        self.frame().expect = Expect::Comma;
        Ok(true)
    }

    /// Goes on with the innermost collection, a flow sequence.
    pub(super) fn flow_sequence(&mut self) -> Result<(), Problem> {
        let depth = self.frames.len();
        while self.frames.len() == depth && self.next_entry(b']')? {
            self.frame().count += 1;
            if self.byte(self.pos) != b'?' {
                if !self.usual_flow_scalar() {
                    self.flow_node(true)?;
                }
                continue;
            }
            let at = self.pos;
            self.open(FrameKind::Pair, at, &Properties::NONE)?;
            if self.explicit_flow_key()? {
                self.frame().expect = Expect::Value;
            } else {
                self.empty(self.last_end);
                self.close(self.last_end)?;
            }
        }
        Ok(())
    }

    /// Goes on with the innermost collection, a single pair: its value is missing, or was read.
    pub(super) fn flow_pair(&mut self) -> Result<(), Problem> {
        if self.frame().expect != Expect::Value {
            return self.close(self.last_end);
        }
        self.frame().expect = Expect::Comma;
        self.flow_value(b']')
    }

    /// Goes on with the innermost collection, a flow mapping.
    pub(super) fn flow_mapping(&mut self) -> Result<(), Problem> {
        let depth = self.frames.len();
        while self.frames.len() == depth {
            if self.frame().expect == Expect::Value {
                self.frame().expect = Expect::Comma;
                self.flow_value(b'}')?;
                continue;
            }
            if !self.next_entry(b'}')? {
                return Ok(());
            }
            if self.usual_flow_entry() {
                continue;
            }
            let value_follows = match self.byte(self.pos) {
                b'?' => self.explicit_flow_key()?,
                _ => self.flow_key()?,
            };
            if value_follows {
                self.frame().expect = Expect::Value;
            } else {
                self.empty(self.last_end);
            }
        }
        Ok(())
    }

    /// Reads a key of a flow mapping. Whether a colon and a value follow.
    fn flow_key(&mut self) -> Result<bool, Problem> {
        let start = KeyStart { at: self.pos, line: self.line };
        let properties = self.flow_properties()?;
        let key = match self.byte(self.pos) {
            b'[' | b'{' => return Err(self.collection_key(start.at)),
            b':' | b',' | b'}' if !properties.is_none() => self.absent(&properties),
            _ => self.leaf(&properties)?,
        };
        let colon = self.colon_follows(start);
        self.push_key(key, &properties)?;
        if colon {
            self.pos += 1;
            self.key_allowed = false;
        }
        Ok(colon)
    }

    /// Reads `? key` in brackets. Whether a colon and a value follow.
    fn explicit_flow_key(&mut self) -> Result<bool, Problem> {
        let mark = self.pos;
        self.pos += 1;
        self.key_allowed = false;
        self.skip_to_token();
        if self.at_end() {
            return Err(self.missing_comma());
        }
        let properties = self.flow_properties()?;
        let key = match self.byte(self.pos) {
            b'[' | b'{' => return Err(self.collection_key(mark)),
            b':' | b',' | b'}' | b']' if properties.is_none() => return Err(self.null_key((mark, mark + 1))),
            b':' | b',' | b'}' | b']' => self.absent(&properties),
            _ => self.leaf(&properties)?,
        };
        self.push_key(key, &properties)?;
        self.skip_to_token();
        let colon = self.byte(self.pos) == b':';
        if colon {
            self.pos += 1;
            self.key_allowed = false;
        }
        Ok(colon)
    }

    /// Reads the value behind the colon that was just read.
    fn flow_value(&mut self, closing: u8) -> Result<(), Problem> {
        let colon = self.pos;
        self.skip_to_token();
        if self.at_end() {
            return Err(self.missing_comma());
        }
        let byte = self.byte(self.pos);
        if byte == b',' || byte == closing {
            self.empty(colon);
            return Ok(());
        }
        self.flow_node(false)
    }

    /// Reads a node at the cursor, or opens it if it is a collection. An item of a sequence may turn out to be a key.
    fn flow_node(&mut self, may_be_key: bool) -> Result<(), Problem> {
        let start = KeyStart { at: self.pos, line: self.line };
        let properties = self.flow_properties()?;
        let node = match self.byte(self.pos) {
            b'[' | b'{' => return self.open_flow(&properties),
            b':' | b',' | b']' | b'}' if !properties.is_none() => self.absent(&properties),
            _ => self.leaf(&properties)?,
        };
        if !may_be_key || !self.colon_follows(start) {
            return self.push_value(node, &properties);
        }
        self.pos += 1;
        self.key_allowed = false;
        self.open(FrameKind::Pair, start.at, &Properties::NONE)?;
        self.push_key(node, &properties)?;
        self.frame().expect = Expect::Value;
        Ok(())
    }

    fn flow_properties(&mut self) -> Result<Properties<'p>, Problem> {
        let mut properties = Properties::NONE;
        while matches!(self.byte(self.pos), b'&' | b'!') {
            self.property(&mut properties)?;
            self.skip_to_token();
            if self.at_end() {
                return Err(self.missing_comma());
            }
        }
        Ok(properties)
    }
}
