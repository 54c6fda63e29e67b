//! Services: `ValidateService` in `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::names;
use super::object::{Field, Object, fields, is_placeholder};
use super::pod::ports;
use super::rules::{CONFLICTING_FIELDS, DUPLICATE_NAME, IGNORED_FIELD, INVALID_TEXT, OUT_OF_RANGE};
use super::seen::Seen;
use super::warnings;
use crate::model::source::Span;

/// What a service is for; `ClusterIP` unless it says something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ClusterIp,
    NodePort,
    LoadBalancer,
    ExternalName,
    Unknown,
}

pub(super) fn check(object: &mut Object<'_, '_>) {
    if (object.resource.group(), &*object.resource.kind) != ("", "Service") {
        return;
    }
    let root = object.root();
    let Some(spec) = root.get("spec").filter(|spec| spec.value.is_mapping()) else { return };
    let [kind, ports, cluster_ip, name, selector, addresses] =
        fields!(spec, ["type", "ports", "clusterIP", "externalName", "selector", "externalIPs"]);
    let written = kind.as_ref().and_then(Field::text).unwrap_or(Cow::Borrowed(""));
    let kind = match &*written {
        "" | "ClusterIP" => Kind::ClusterIp,
        "NodePort" => Kind::NodePort,
        "LoadBalancer" => Kind::LoadBalancer,
        "ExternalName" => Kind::ExternalName,
        _ => Kind::Unknown,
    };
    let is_headless = cluster_ip.as_ref().and_then(Field::text).is_some_and(|address| address == "None");
    let needs_ports = kind != Kind::ExternalName && kind != Kind::Unknown && !is_headless;
    match ports.filter(|ports| ports.count() > 0) {
        Some(ports) => self::ports(object, &ports, kind),
        None if needs_ports => object.required(&spec, "ports"),
        None => {}
    }
    if kind == Kind::ExternalName {
        external_name(object, &spec, name.as_ref());
    } else if let Some(address) = cluster_ip.filter(|_| is_headless && !matches!(kind, Kind::ClusterIp | Kind::Unknown))
    {
        let fault = format!("cannot be `None` with `type: {written}`");
        let finding = object.wrong(&CONFLICTING_FIELDS, &address, &fault, "a service without an address");
        object.report(finding.help("remove `clusterIP`, or the type"));
    }
    if let Some(selector) = selector {
        names::labels(object, &selector);
    }
    for address in addresses.iter().flat_map(Field::items) {
        object.is_empty(&address, "an address");
        external_address(object, &address);
    }
    if let Some(address) = cluster_ip.filter(|address| address.text().is_none_or(|text| text != "None")) {
        names::address(object, &address);
    }
    spec.get("ipFamilies").iter().for_each(|all| families(object, all));
    if let Some(all) = spec.get("clusterIPs") {
        cluster_addresses(object, &all, cluster_ip.as_ref(), kind);
    }
    only_for_some(object, &spec, kind, &written, addresses.is_some_and(|addresses| addresses.count() > 0));
    affinity(object, &spec);
}

/// `ValidateServicePort`, `validateServicePort` and the loops around them.
fn ports<'t>(object: &mut Object<'_, 't>, all: &Field<'_, 't>, kind: Kind) {
    let many = all.count() > 1;
    let mut names = Seen::new();
    let mut taken: HashMap<(i64, Cow<'t, str>), Span> = HashMap::new();
    let mut on_nodes: HashMap<(i64, Cow<'t, str>), Span> = HashMap::new();
    for port in all.items().filter(|port| port.value.is_mapping()) {
        let [name, number, target, node_port, protocol, application] =
            fields!(port, ["name", "port", "targetPort", "nodePort", "protocol", "appProtocol"]);
        let protocol =
            protocol.and_then(|field| field.text()).filter(|text| !text.is_empty()).unwrap_or(Cow::Borrowed("TCP"));
        match name.filter(|name| name.text().is_none_or(|text| !text.is_empty())) {
            None if many => object.needed(&port, "name", "with more than one port", "give every port a name"),
            None => {}
            Some(name) => {
                names::label(object, &name);
                if let Some(text) = name.text()
                    && let Some(first) = names.before(text.clone(), name.value.span())
                {
                    twice(object, &name, first, &format!("two ports are called `{text}`"), "rename one of the two");
                }
            }
        }
        let number = number.and_then(|field| Some((ports::check_number(object, &field)?, field)));
        if let Some((number, field)) = number
            && let Some(first) = taken.insert((number, protocol.clone()), field.value.span())
        {
            let what = format!("the port {number}/{protocol} is there twice");
            twice(object, &field, first, &what, "remove one of the two, or give it another port");
        }
        // 0 and nothing are the number of the port.
        let is_set = |target: &Field<'_, 't>| match target.text() {
            Some(text) => !text.is_empty(),
            None => target.integer() != Some(0),
        };
        if let Some(target) = target.filter(is_set) {
            ports::check_number_or_name(object, &target);
        }
        if let Some(application) = application {
            object.is_empty(&application, "a protocol");
            names::qualified(object, &application);
        }
        let Some((node_port, field)) = node_port.and_then(|field| Some((field.integer()?, field))) else { continue };
        if node_port == 0 {
            continue;
        }
        if matches!(kind, Kind::ClusterIp | Kind::ExternalName) {
            let help = "write `type: NodePort`, or remove `nodePort`";
            object.forbidden(&field, "without `type: NodePort` or `type: LoadBalancer`", help);
        } else if let Some(first) = on_nodes.insert((node_port, protocol.clone()), field.value.span()) {
            let what = format!("the port {node_port}/{protocol} of the nodes is taken twice");
            twice(object, &field, first, &what, "choose another for one of the two");
        }
    }
}

#[cold]
fn twice<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>, first: Span, what: &str, help: &str) {
    let path = field.path();
    let message = format!("{what}, in {}", object.place(&crate::model::path::Path::of(["spec", "ports"])));
    let finding = object.refuse(&DUPLICATE_NAME, path, message, "the second").see(first, "the first").help(help);
    object.report(finding);
}

fn external_name<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>, name: Option<&Field<'_, 't>>) {
    match name.and_then(|name| name.text()) {
        Some(text) if !text.is_empty() => {
            let text = text.strip_suffix('.').unwrap_or(&text);
            if let Some(name) = name.filter(|_| !names::is_subdomain(text)) {
                names::subdomain(object, name);
            }
        }
        _ => object.needed(spec, "externalName", "with `type: ExternalName`", "add the name that is to be looked up"),
    }
    for field in fields!(spec, ["clusterIPs", "ipFamilies", "ipFamilyPolicy", "clusterIP"]).into_iter().flatten() {
        let is_empty =
            field.text().is_some_and(|text| text.is_empty()) || (field.text().is_none() && field.count() == 0);
        let is_none = field.text().is_some_and(|text| text == "None");
        if !is_empty && !is_none {
            object.forbidden(&field, "with `type: ExternalName`", "remove it: such a service has no address");
        }
    }
}

/// The families of addresses, of which each may be named once.
fn families<'t>(object: &mut Object<'_, 't>, all: &Field<'_, 't>) {
    let mut seen = Seen::new();
    for family in all.items() {
        let Some(text) = family.plain_text() else { continue };
        if let Some(first) = seen.before(text.clone(), family.value.span()) {
            let finding = object
                .wrong(&DUPLICATE_NAME, &family, &format!("repeats `{text}`"), "the second")
                .cause(first, "the first")
                .help("remove one of the two");
            object.report(finding);
        }
    }
}

/// `ValidateServiceClusterIPsRelatedFields`
fn cluster_addresses<'t>(object: &mut Object<'_, 't>, all: &Field<'_, 't>, first: Option<&Field<'_, 't>>, kind: Kind) {
    for address in all.items().filter(|address| address.text().is_none_or(|text| text != "None")) {
        // With `type: ExternalName` the whole list is not allowed.
        if kind != Kind::ExternalName {
            object.is_empty(&address, "an address");
        }
        names::address(object, &address);
    }
    if all.count() > 2 {
        let finding = object.wrong(&CONFLICTING_FIELDS, all, "has more than two items", "at most one of each family");
        object.report(finding.help("keep one address of each family"));
    }
    let mut items = all.items().filter_map(|item| Some((item.path(), item.plain_text()?)));
    if let (Some((path, one)), Some((second, other)), None) = (items.next(), items.next(), items.next()) {
        let family = |text: &str| names::parse_address(text).map(|address| address.is_ipv4());
        let is_same = family(&one).is_some_and(|is| family(&other) == Some(is));
        let label = match (&*one, &*other) {
            ("None", _) | (_, "None") => Some(("`None` stands beside another address", "must be alone")),
            _ if is_same => Some(("two addresses are of one family", "the second of it")),
            _ => None,
        };
        if let Some((fault, label)) = label {
            let message = format!("{fault}, in {}", object.name(&all.path()));
            let span = object.span(&path);
            let finding = object.refuse(&CONFLICTING_FIELDS, second, message, label).cause(span, "the first");
            object.report(finding.help("keep one address of each family"));
        }
    }
    let Some(item) = all.items().next() else { return };
    let Some(first) = first.filter(|first| first.text().is_none_or(|text| !text.is_empty())) else {
        let Some(address) = item.plain_text() else { return };
        let finding = object
            .wrong(&CONFLICTING_FIELDS, all, "is set, but `clusterIP` is not", "without `clusterIP`")
            .help(format!("add `clusterIP: {address}`"));
        return object.report(finding);
    };
    if let (Some(one), Some(other)) = (first.plain_text(), item.plain_text())
        && one != other
    {
        let span = object.span(&first.path());
        let finding = object
            .wrong(&CONFLICTING_FIELDS, &item, &format!("is `{other}`, but `clusterIP` is `{one}`"), "another address")
            .cause(span, "the first address")
            .help("write the same address in both, or `clusterIP` alone");
        object.report(finding);
    }
}

/// `ValidateNonSpecialIP`
fn external_address<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) {
    names::address(object, field);
    let Some(address) = field.text().and_then(|text| text.parse::<std::net::IpAddr>().ok()) else { return };
    let special = match address {
        _ if address.is_unspecified() => "stands for no address",
        _ if address.is_loopback() => "is an address of the node itself",
        std::net::IpAddr::V4(four) if four.is_link_local() => "is an address of one link only",
        std::net::IpAddr::V6(six) if six.is_unicast_link_local() => "is an address of one link only",
        std::net::IpAddr::V4(four) if four.octets()[..3] == [224, 0, 0] => "is an address of one link only",
        std::net::IpAddr::V6(six) if six.segments()[0] == 0xFF02 => "is an address of one link only",
        _ => return,
    };
    let finding = object.wrong(&INVALID_TEXT, field, &format!("is `{address}`, which {special}"), "not allowed here");
    object.report(finding.help("write an address that others can reach"));
}

/// Fields that go with some types only.
fn only_for_some<'t>(
    object: &mut Object<'_, 't>,
    spec: &Field<'_, 't>,
    kind: Kind,
    written: &str,
    has_addresses: bool,
) {
    let [policy, check_port, ranges, class, allocate] = fields!(
        spec,
        [
            "externalTrafficPolicy",
            "healthCheckNodePort",
            "loadBalancerSourceRanges",
            "loadBalancerClass",
            "allocateLoadBalancerNodePorts",
        ]
    );
    if kind == Kind::Unknown {
        return;
    }
    let is_open = matches!(kind, Kind::NodePort | Kind::LoadBalancer) || (kind == Kind::ClusterIp && has_addresses);
    let policy = policy.filter(|policy| policy.text().is_some_and(|text| !text.is_empty()));
    let is_local = policy.as_ref().and_then(Field::text).is_some_and(|policy| policy == "Local");
    if let Some(policy) = policy.filter(|_| !is_open) {
        let help = "remove it: nothing from outside reaches the service";
        object.forbidden(
            &policy,
            &format!("with `type: {}`", if written.is_empty() { "ClusterIP" } else { written }),
            help,
        );
    }
    if let Some(port) = check_port.filter(|port| port.integer().is_some_and(|port| port != 0))
        && !(kind == Kind::LoadBalancer && is_local)
    {
        object.forbidden(
            &port,
            "without `type: LoadBalancer` and `externalTrafficPolicy: Local`",
            "remove it, or set both of them",
        );
    }
    for range in ranges.iter().flat_map(Field::items) {
        object.is_empty(&range, "a network");
        cidr(object, &range);
    }
    if let Some(class) = &class {
        names::label_key(object, class);
    }
    if kind == Kind::LoadBalancer {
        class.iter().for_each(|class| _ = object.is_empty(class, "a class"));
        return;
    }
    let ranges = ranges.filter(|ranges| ranges.count() > 0);
    let class = class.filter(|class| class.text().is_some_and(|text| !text.is_empty()));
    for field in [ranges, class, allocate].into_iter().flatten() {
        object.forbidden(&field, "without `type: LoadBalancer`", "remove it, or set the type");
    }
}

/// A network, such as `192.0.2.0/24`; blanks around it are allowed here.
pub(super) fn cidr<'t>(object: &mut Object<'_, 't>, field: &Field<'_, 't>) -> Option<(std::net::IpAddr, u8)> {
    let text = field.plain_text()?;
    let network = parse_cidr(text.trim());
    if let Some((address, length)) = network {
        warnings::network(object, field, address, length);
    } else {
        let finding = object
            .wrong(&INVALID_TEXT, field, &format!("is `{text}`, which is not a network"), "no network")
            .help("write an address and the length of its prefix, as in `192.0.2.0/24`");
        object.report(finding);
    }
    network
}

/// An address and the length of its prefix.
pub(super) fn parse_cidr(text: &str) -> Option<(std::net::IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u8 = length.parse().ok().filter(|_| is_number)?;
    let address = names::parse_address(address)?;
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

fn affinity<'t>(object: &mut Object<'_, 't>, spec: &Field<'_, 't>) {
    let [affinity, config] = fields!(spec, ["sessionAffinity", "sessionAffinityConfig"]);
    let Some(config) = config.filter(|config| config.value.is_mapping()) else { return };
    let affinity = affinity.and_then(|affinity| affinity.text()).unwrap_or(Cow::Borrowed("None"));
    if is_placeholder(&affinity) {
        return;
    }
    if matches!(&*affinity, "None" | "") {
        // Defaults are filled in first, and take it out (`SetDefaults_Service`).
        let path = config.path();
        let span = object.key_span(&path);
        let message = format!("{} is without effect: there is no `sessionAffinity: ClientIP`", object.name(&path));
        let finding = object
            .refuse_at(&IGNORED_FIELD, span, path, message, "dropped")
            .effect("the API server drops it without a word")
            .help("remove it, or set the affinity");
        return object.report(finding);
    }
    let Some(client) = config.get("clientIP") else { return };
    if let Some(timeout) = client.get("timeoutSeconds")
        && timeout.integer().is_some_and(|seconds| !(1..=86_400).contains(&seconds))
    {
        let finding = object.wrong(
            &OUT_OF_RANGE,
            &timeout,
            "must be between 1 and 86400 seconds, a day",
            "must be between 1 and 86400",
        );
        object.report(finding);
    }
}
