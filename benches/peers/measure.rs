//! One run of a program: wall time, processor time and peak memory, as the kernel counts them for the waited-for child.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run cost.
#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    /// User and system time of the process.
    pub cpu: Duration,
    /// Peak resident memory in KiB. The kernel starts counting at the size of the process that forked, so this program
    /// stays small: it writes corpora and compares reports in children of its own.
    pub peak: i64,
    /// `None` if a signal ended it.
    pub code: Option<i32>,
}

/// Runs a program to its end, with its output thrown away.
pub fn run(command: &[String]) -> io::Result<Cost> {
    let start = Instant::now();
    let child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", command[0])))?;
    let mut status = 0;
    // SAFETY: `rusage` is plain data for which zeroes are a value, and both pointers live through the call. Nobody else
    // waits for this child: `Child` does so only when asked.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        if libc::wait4(child.id().cast_signed(), &raw mut status, 0, &raw mut usage) < 0 {
            return Err(io::Error::last_os_error());
        }
        usage
    };
    let time = |value: libc::timeval| Duration::new(value.tv_sec as u64, value.tv_usec as u32 * 1000);
    Ok(Cost {
        wall: start.elapsed(),
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        peak: usage.ru_maxrss,
        code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
    })
}

/// Runs all commands alternately, `rounds` times after one round that warms the caches and is thrown away. The result
/// has one list for each command.
pub fn interleaved(commands: &[Vec<String>], rounds: usize) -> io::Result<Vec<Vec<Cost>>> {
    let mut costs = vec![Vec::new(); commands.len()];
    for round in 0..=rounds {
        for (command, costs) in commands.iter().zip(&mut costs) {
            let cost = run(command)?;
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    Ok(costs)
}

/// The median of a quantity over runs.
pub fn median(costs: &[Cost], quantity: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(quantity).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
