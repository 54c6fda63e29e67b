//! What follows the root of a document: whatever does is not read, and is reported.

use super::block::KeyStart;
use super::parser::Parser;
use super::problem::Problem;
use super::rules::IGNORED_CONTENT;

impl Parser<'_> {
    /// Checks what follows the root, which may have begun a key at `start`.
    pub(super) fn document_end(&mut self, start: Option<KeyStart>) -> Result<(), Problem> {
        self.skip_to_token();
        let (mut at, mut line) = (self.pos, self.line);
        let marked = self.pos == self.line && self.is_document_marker(self.pos);
        let marker = (at, at + 3);
        if marked {
            self.step_behind_marker();
            (at, line) = (self.pos, self.line);
        } else if self.pos < self.bytes.len() {
            self.check_tokens(start)?;
        }
        if at >= self.bytes.len() {
            return Ok(());
        }
        (self.pos, self.line) = (at, line);
        let problem = Problem::new(IGNORED_CONTENT, (at, self.line_end(at)), "this is not read")
            .label("content behind the end of the document");
        self.report.add(match marked {
            true => problem.see(marker, "the document ends here").help("write `---` on a line of its own before it"),
            false => problem.see((self.last_end.saturating_sub(1), self.last_end), "the document ends here"),
        });
        Ok(())
    }

    /// Steps over `...` and the blanks and comments behind it.
    fn step_behind_marker(&mut self) {
        self.pos += 3;
        loop {
            self.skip_blanks();
            if self.byte(self.pos) == b'#' {
                self.comment();
            }
            if !self.is_break(self.pos) {
                return;
            }
            self.next_line();
        }
    }

    /// Reads tokens behind the root as far as goyaml does, for the mistakes in them: while the root may be a key, then
    /// one more, and while that one may be a key.
    fn check_tokens(&mut self, root: Option<KeyStart>) -> Result<(), Problem> {
        let root = root.filter(|start| self.is_key_line(*start));
        let mut start = root;
        loop {
            if self.at_end() {
                let directive = self.byte(self.pos) == b'%';
                return if directive { self.directive(false) } else { Ok(()) };
            }
            let here = KeyStart { at: self.pos, line: self.line };
            let is_colon = self.byte(self.pos) == b':' && self.flow == 0 && self.blank_or_end(self.pos + 1);
            if is_colon && start.is_some_and(|start| self.is_key_line(start)) {
                return if root.is_some() { Err(self.stray_colon()) } else { Ok(()) };
            }
            let byte = self.byte(self.pos);
            let indicator = matches!(byte, b'-' | b'?' | b':') && self.blank_or_end(self.pos + 1);
            let ends_key = indicator || matches!(byte, b']' | b'}' | b',' | b'|' | b'>');
            let may_be_key = self.key_allowed && !ends_key;
            let flow = self.flow;
            self.check_token()?;
            if ends_key && flow == 0 {
                start = None;
            } else if start.is_none() && root.is_none() && may_be_key {
                start = Some(here);
            }
            if !start.is_some_and(|start| self.is_key_line(start)) {
                return Ok(());
            }
            self.skip_to_token();
        }
    }

    fn is_key_line(&self, start: KeyStart) -> bool {
        start.line == self.line && self.pos - start.at <= 1024
    }

    /// Reads one token.
    fn check_token(&mut self) -> Result<(), Problem> {
        let byte = self.byte(self.pos);
        match byte {
            b'[' | b'{' | b']' | b'}' | b',' => {
                match byte {
                    b',' => {}
                    b'[' | b'{' => self.flow += 1,
                    _ => self.flow = self.flow.saturating_sub(1),
                }
                self.key_allowed = !matches!(byte, b']' | b'}');
                self.pos += 1;
                Ok(())
            }
            b'-' | b'?' | b':' if self.blank_or_end(self.pos + 1) || (self.flow > 0 && byte != b'-') => {
                if self.flow == 0 && !self.key_allowed {
                    return Err(if byte == b':' { self.stray_colon() } else { self.unexpected() });
                }
                self.key_allowed = self.flow == 0 || byte == b'-';
                self.pos += 1;
                Ok(())
            }
            // What a tag stands for is asked where it belongs to a node, and this belongs to none.
            b'!' => {
                self.key_allowed = false;
                self.tag().map(|_| ())
            }
            b'&' | b'*' => {
                self.key_allowed = false;
                self.anchor_name().map(|_| ())
            }
            b'"' | b'\'' => self.quoted().map(|_| ()),
            b'|' | b'>' if self.flow == 0 => self.block_scalar().map(|_| ()),
            _ if self.is_plain_start() => self.plain().map(|_| ()),
            _ => Err(self.unexpected()),
        }
    }
}
