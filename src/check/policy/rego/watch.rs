//! A watch over regorus: its own timer is asked between expressions, so that one function that runs long, or whose result
//! takes all memory, is not stopped by it. Nothing can stop a thread from outside either, so the run is ended, with a
//! word about what it was doing.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use regorus::Value;

use super::engine::TIME_LIMIT;

/// How long one call of regorus may take. Its own timer ends what has expressions before that.
const LONGEST: Duration = TIME_LIMIT.saturating_mul(2);

/// How much memory may come to the process while a call runs long.
const LARGEST: u64 = 1 << 30;

/// How often the watch looks, and how long a call may take before its memory matters.
const INTERVAL: Duration = Duration::from_millis(100);

/// One thread that calls regorus.
#[derive(Default)]
struct Slot {
    /// Milliseconds from the start of the watch, plus one; 0 between calls.
    since: AtomicU64,
    what: Mutex<(String, Option<Value>)>,
}

struct Watch {
    start: Instant,
    slots: Mutex<Vec<Arc<Slot>>>,
}

static WATCH: OnceLock<Watch> = OnceLock::new();

thread_local! {
    static SLOT: Arc<Slot> = {
        let slot = Arc::new(Slot::default());
        let watch = WATCH.get_or_init(|| {
            thread::spawn(look);
            Watch { start: Instant::now(), slots: Mutex::default() }
        });
        watch.slots.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&slot));
        slot
    };
}

/// Does `work` under the watch. `what` is a rule that is asked about an input, or a few words.
pub fn over<T>(what: &str, input: Option<&Value>, work: impl FnOnce() -> T) -> T {
    SLOT.with(|slot| {
        {
            let mut said = slot.what.lock().unwrap_or_else(PoisonError::into_inner);
            said.0.clear();
            said.0.push_str(what);
            said.1 = input.cloned();
        }
        let now = WATCH.get().map_or(0, |watch| watch.start.elapsed().as_millis() as u64);
        slot.since.store(now + 1, Ordering::Release);
        let result = work();
        slot.since.store(0, Ordering::Release);
        slot.what.lock().unwrap_or_else(PoisonError::into_inner).1 = None;
        result
    })
}

/// What the watch does until the process ends.
fn look() {
    let mut before = memory();
    loop {
        thread::sleep(INTERVAL);
        let Some(watch) = WATCH.get() else { continue };
        let now = watch.start.elapsed().as_millis() as u64 + 1;
        let slots = watch.slots.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let elapsed = |slot: &Arc<Slot>| match slot.since.load(Ordering::Acquire) {
            0 => None,
            since => Some(Duration::from_millis(now.saturating_sub(since))),
        };
        let longest = slots.iter().filter_map(|slot| Some((elapsed(slot)?, slot))).max_by_key(|(elapsed, _)| *elapsed);
        match longest {
            Some((elapsed, slot)) if elapsed > LONGEST => {
                end(slot, &format!("one function takes longer than {} s", LONGEST.as_secs()));
            }
            Some((elapsed, slot)) if elapsed > INTERVAL => {
                let largest = before.saturating_add(LARGEST);
                if memory() > largest {
                    end(slot, &format!("one value takes more than {} MB", LARGEST >> 20));
                }
            }
            _ => before = memory(),
        }
    }
}

/// Says what was going on, and ends the process as after any other error of a policy.
fn end(slot: &Slot, why: &str) {
    let (what, input) = slot.what.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let object = input.as_ref().and_then(object).map_or_else(String::new, |object| format!(" on {object}"));
    let subject = match what.strip_prefix("data.") {
        Some(rule) => format!("rule `{}`", rule.split(' ').next().unwrap_or_default()),
        None => what,
    };
    let _ = writeln!(
        std::io::stderr(),
        "error[policy-error]: {subject} does not come to an end{object}: {why}\n  \
         = effect: the run was ended, so nothing is checked: exit code 2, not a pass\n  \
         = plimsoll explain policy-error"
    );
    std::process::exit(2);
}

/// The kind and the name of the object that a rule is asked about.
fn object(input: &Value) -> Option<String> {
    let object = match &input["review"]["object"] {
        Value::Undefined => input,
        object => object,
    };
    let text = |value: &Value| value.as_string().ok().map(|text| super::metadata::short(text));
    Some([text(&object["kind"])?, text(&object["metadata"]["name"])?].join(" "))
}

/// What the process has in memory, in bytes; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    number.unwrap_or(0).saturating_mul(1024)
}
