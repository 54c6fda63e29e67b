//! Ports of the containers of a pod, held against each other.

use std::borrow::Cow;

use crate::check::api::object::{Field, Object};
use crate::check::api::rules::{DUPLICATE_PORT, DUPLICATE_PORT_NAME, IGNORED_FIELD, PORT_CLASH};
use crate::check::api::seen::Seen;
use crate::model::path::{Path, Segment};
use crate::model::source::Span;

use super::at_key;

/// The ports of the containers that were seen.
pub(in crate::check::api) struct Ports<'t> {
    all: Vec<Port<'t>>,
    names: Seen<'t, (Span, usize)>,
    containers: usize,
}

/// The fields of a port, as they are written.
pub(in crate::check::api) struct Written<'f, 'p, 't> {
    pub(in crate::check::api) number: Option<&'f Field<'p, 't>>,
    pub(in crate::check::api) protocol: Option<&'f Field<'p, 't>>,
    pub(in crate::check::api) on_host: Option<&'f Field<'p, 't>>,
    pub(in crate::check::api) address: Option<&'f Field<'p, 't>>,
    pub(in crate::check::api) name: Option<&'f Field<'p, 't>>,
}

struct Port<'t> {
    number: i64,
    protocol: Cow<'t, str>,
    /// 0 is none.
    on_host: i64,
    /// Empty is every address.
    address: Cow<'t, str>,
    span: Span,
    container: usize,
    /// In the list of its container.
    at: usize,
}

/// How many ports of one number are held against each other: only a list that was made to hurt has more.
const MANY: usize = 200;

impl<'t> Ports<'t> {
    pub(in crate::check::api) fn new() -> Self {
        Ports { all: Vec::new(), names: Seen::new(), containers: 0 }
    }

    /// From here on, ports are those of the next container.
    pub(in crate::check::api) fn next_container(&mut self) {
        self.containers += 1;
    }

    /// Takes in a port: its place in the list, and its fields.
    pub(in crate::check::api) fn add(&mut self, object: &mut Object<'_, 't>, at: usize, port: &Written<'_, '_, 't>) {
        let container = self.containers;
        let on_host = port.on_host.and_then(Field::integer).unwrap_or(0);
        let text = |field: Option<&Field<'_, 't>>| field.and_then(Field::text).filter(|text| !text.is_empty());
        let address = text(port.address);
        if let Some(field) = port.address.filter(|_| on_host == 0 && address.is_some()) {
            at_key(object, &IGNORED_FIELD, field, "has no effect without `hostPort`", "remove it, or add `hostPort`");
        }
        if let Some(name) = port.name
            && let Some(text) = name.text().filter(|text| !text.is_empty())
        {
            self.name(object, name, text, container);
        }
        let Some(field) = port.number else { return };
        let Some(number) = field.integer() else { return };
        self.all.push(Port {
            number,
            protocol: text(port.protocol).unwrap_or(Cow::Borrowed("TCP")),
            on_host,
            address: address.unwrap_or_default(),
            span: field.value.span(),
            container,
            at,
        });
    }

    /// Within a container the server refuses a name that is there twice.
    fn name(&mut self, object: &mut Object<'_, 't>, name: &Field<'_, 't>, text: Cow<'t, str>, container: usize) {
        let Some((first, other)) = self.names.before(text.clone(), (name.value.span(), container)) else { return };
        if other == container {
            return;
        }
        let message = format!("two containers have a port called `{text}`");
        let finding = object
            .refuse(&DUPLICATE_PORT_NAME, name.path(), message, "the second")
            .see(first, "the first")
            .effect("Services and probes that name the port get the first, and this one is not reached by its name")
            .help("give each port of the pod a name of its own");
        object.report(finding);
    }

    /// What the ports are to each other. `path` is the way to the ports of a container, which are counted as they were
    /// added.
    pub(in crate::check::api) fn check(mut self, object: &mut Object<'_, 't>, path: impl Fn(usize) -> Option<Path>) {
        if self.all.len() < 2 {
            return;
        }
        self.all.sort_by(|one, other| (one.number, &one.protocol).cmp(&(other.number, &other.protocol)));
        for same in self.all.chunk_by(|one, other| one.number == other.number && one.protocol == other.protocol) {
            for (at, port) in same.iter().enumerate().skip(1) {
                if let Some(first) = same[..at].iter().take(MANY).find(|first| first.meets(port))
                    && let Some(list) = path(port.container)
                {
                    first.clash(port, list, object);
                }
            }
        }
    }
}

impl Port<'_> {
    fn meets(&self, later: &Port<'_>) -> bool {
        self.is_same(later)
            || self.on_host == 0
            || later.on_host == 0
            || (self.on_host == later.on_host && self.address.is_empty() != later.address.is_empty())
    }

    fn is_same(&self, later: &Port<'_>) -> bool {
        self.address == later.address && self.on_host == later.on_host
    }

    #[cold]
    fn clash(&self, later: &Port<'_>, list: Path, object: &mut Object<'_, '_>) {
        let name = format!("{}/{}", later.number, later.protocol);
        let is_one = self.container == later.container;
        let (rule, message, effect, help) = if is_one && self.is_same(later) {
            let message = format!("the port {name} is declared twice, in {}", object.place(&list));
            let effect =
                "the API server accepts the object, with a warning; server-side apply, as Flux does it, refuses it";
            (&DUPLICATE_PORT, message, effect, "remove one of the two")
        } else if is_one && (self.on_host == 0 || later.on_host == 0) {
            let message =
                format!("the port {name} is declared with and without a `hostPort`, in {}", object.place(&list));
            let effect =
                "the API server accepts the object, with a warning; server-side apply, as Flux does it, refuses it";
            (&DUPLICATE_PORT, message, effect, "keep the one with the `hostPort`")
        } else if is_one {
            let message =
                format!("the host port of {name} is taken for one address and for all, in {}", object.place(&list));
            (
                &PORT_CLASH,
                message,
                "which of the two counts is not defined",
                "write the same `hostIP`, or none, for both",
            )
        } else {
            let message = format!("two containers of the pod declare the port {name}");
            let effect = "containers of a pod share its address: the second one to listen on the port fails";
            (
                &PORT_CLASH,
                message,
                effect,
                "let one of them listen on another port, or declare it at the one that listens",
            )
        };
        let path = Path(list.0.into_iter().chain([Segment::Index(later.at), "containerPort".into()]).collect());
        let finding =
            object.refuse(rule, path, message, "the second").see(self.span, "the first").effect(effect).help(help);
        object.report(finding);
    }
}
