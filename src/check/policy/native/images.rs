//! The rule `image-tag`.

use crate::model::value::Value;

use super::super::rego::result::Violation;
use super::{object, pods, violation};

/// Images of Docker Hub that people use by their bare names.
const WELL_KNOWN: [&str; 26] = [
    "alpine",
    "busybox",
    "cassandra",
    "consul",
    "debian",
    "elasticsearch",
    "haproxy",
    "httpd",
    "kibana",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "nginx",
    "node",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "registry",
    "traefik",
    "ubuntu",
    "vault",
    "wordpress",
    "zookeeper",
];

pub(super) fn check(object: Value<'_>) -> Option<Vec<Violation>> {
    let containers = pods::pod(object).map(pods::containers).unwrap_or_default();
    let found = containers.iter().filter_map(|container| {
        let image = container.spec.get("image")?.as_str()?;
        let is_left_alone = image.trim().is_empty() || object::is_placeholder(&image) || is_made_up(&image);
        if is_left_alone || is_stand_in(object, &image) {
            return None;
        }
        let fault = match tag(&image) {
            Some("latest") => "has the tag `latest`",
            None if !image.contains('@') => "has no tag",
            _ => return None,
        };
        let (title, whole) = (container.title(), object::describe(object));
        let message = format!("image `{image}` of {title} {fault}, in {whole}");
        let mut found = violation(message, container.path(object, Some("image")));
        let policy = container.spec.get("imagePullPolicy").and_then(Value::as_str);
        if let Some(policy @ ("IfNotPresent" | "Never")) = policy.as_deref() {
            found.note = Some(format!("`imagePullPolicy: {policy}` keeps whatever image a node already has"));
        }
        Some(found)
    });
    Some(found.collect())
}

/// The tag of an image without a digest.
fn tag(image: &str) -> Option<&str> {
    let last = image.rsplit('/').next().filter(|_| !image.contains('@'))?;
    last.split_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains(':'))
}

/// Whether no node pulls it: another tool puts an image in its place.
fn is_made_up(image: &str) -> bool {
    image.starts_with("ko://") || image == "auto" || image.contains('{')
}

/// Whether it is the bare name of the workload itself, which stands for an image that a build tool fills in.
fn is_stand_in(object: Value<'_>, image: &str) -> bool {
    let name = object.at(["metadata", "name"]).and_then(Value::as_str);
    name.as_deref() == Some(image) && !image.contains(['/', ':', '.', '@']) && !WELL_KNOWN.contains(&image)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::WELL_KNOWN;

    #[test]
    fn the_names_that_are_well_known_are_those_of_the_rego_that_people_read() {
        let rule = include_str!("../../../../policies/lib/workload.rego");
        let (_, list) = rule.split_once("not image in {").unwrap();
        let names = list[..list.find('}').unwrap()].split(',').map(|name| name.trim().trim_matches('"'));
        assert_eq!(names.filter(|name| !name.is_empty()).collect::<Vec<_>>(), WELL_KNOWN);
    }
}
