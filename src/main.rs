//! The edge of the process: arguments in, exit code out.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use plimsoll::cli;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(refusal) => return refuse(&refusal),
    };
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    // Not locked: what the policy engine writes there would wait for the end of the run, and the run for the engine.
    let mut err = io::stderr();
    let code = plimsoll::run(command, &mut out, &mut err).and_then(|code| out.flush().map(|()| code));
    match code {
        Ok(code) => ExitCode::from(code),
        // The reader has gone away (`| head`): not a failure of this run, and nobody is left to be told.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(2),
        Err(error) => {
            let _ = writeln!(err, "plimsoll: the output cannot be written: {error}");
            ExitCode::from(2)
        }
    }
}

/// Prints what clap has to say: help and version are success, everything else is exit code 2.
fn refuse(refusal: &cli::Refusal) -> ExitCode {
    let _ = refusal.error.print();
    if let Some(hint) = &refusal.hint {
        let _ = writeln!(io::stderr(), "\n{hint}");
    }
    ExitCode::from(if refusal.error.use_stderr() { 2 } else { 0 })
}
