//! The text of `# METADATA` comments. The build script reads those of the built-in pack with the same code, so this file
//! knows the standard library alone.

/// The YAML of every block of a policy, in order, each with the line (from 1) of what it annotates: the first behind the
/// block that is not empty.
pub fn blocks(policy: &str) -> Vec<(u32, String)> {
    let lines: Vec<&str> = policy.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].trim_end() != "# METADATA" {
            at += 1;
            continue;
        }
        let start = at + 1;
        let end = start + lines[start..].iter().take_while(|line| line.starts_with('#')).count();
        let yaml: Vec<&str> = lines[start..end].iter().map(|line| without_mark(line)).collect();
        let next = end + lines[end..].iter().take_while(|line| line.trim().is_empty()).count();
        found.push((next as u32 + 1, yaml.join("\n")));
        at = end;
    }
    found
}

/// The text of a comment without the `#` and the blank behind it.
fn without_mark(line: &str) -> &str {
    line.strip_prefix("# ").unwrap_or(&line[1..])
}
