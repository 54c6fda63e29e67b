//! Helm, recognised: charts with their templates and values. Not rendered yet.
//!
//! <https://helm.sh/docs/topics/charts/#the-chart-file-structure>

use crate::model::definition::{DefinitionKind, FileRole, Plan};
use crate::model::listing::{Listing, file_of, folder_of};
use crate::model::report::NotChecked;
use crate::model::source::Span;

use super::{Format, Input, count};

/// Charts, by their `Chart.yaml`.
pub(super) struct Helm;

impl Format for Helm {
    fn is_definition(&self, name: &str) -> bool {
        file_of(name) == "Chart.yaml"
    }

    fn plan(&self, input: &Input<'_>, plan: &mut Plan) {
        let charts: Vec<_> = input.listing.iter().filter(|(name, _)| file_of(name) == "Chart.yaml").collect();
        for (name, _) in &charts {
            cast_chart(folder_of(name), input, plan);
        }
        // A chart below another one's `charts/` is rendered with it.
        let roots: Vec<_> = charts.iter().filter(|(name, _)| !is_dependency(name, input.listing)).collect();
        if let Some((_, first)) = roots.first() {
            let verb = if roots.len() == 1 { "is" } else { "are" };
            let message = format!("{} {verb} not rendered yet", count(roots.len(), "Helm chart", "Helm charts"));
            plan.not_checked.push(NotChecked { message, span: Some(Span::top(*first)) });
        }
    }
}

/// Whether the chart lies in the `charts` folder of another one.
fn is_dependency(chart: &str, listing: &Listing) -> bool {
    let around = folder_of(folder_of(chart));
    let parent = folder_of(around);
    let above = if parent.is_empty() { "Chart.yaml".to_owned() } else { format!("{parent}/Chart.yaml") };
    file_of(around) == "charts" && listing.file(&above).is_some()
}

fn cast_chart(folder: &str, input: &Input<'_>, plan: &mut Plan) {
    for (name, file) in input.listing.below(folder) {
        let inside = if folder.is_empty() { name } else { &name[folder.len() + 1..] };
        if let Some(role) = role_in_chart(inside) {
            plan.cast(file, role);
        }
    }
}

/// The part of a file by its path inside a chart. CRDs are never templates; what is not listed here is no part of the
/// chart's contract.
fn role_in_chart(path: &str) -> Option<FileRole> {
    let is_yaml = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    match path.split_once('/') {
        None if path.starts_with("values") && is_yaml => Some(FileRole::ChartValues),
        None if matches!(path, "Chart.yaml" | "Chart.lock" | "requirements.yaml" | "requirements.lock") => {
            Some(FileRole::Definition(DefinitionKind::HelmChart))
        }
        Some(("templates", _)) => Some(FileRole::HelmTemplate),
        Some(("ci", rest)) if rest.ends_with("values.yaml") => Some(FileRole::ChartValues),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_chart_are_known_by_their_place() {
        assert_eq!(role_in_chart("values-prod.yaml"), Some(FileRole::ChartValues));
        assert_eq!(role_in_chart("templates/web/deployment.yaml"), Some(FileRole::HelmTemplate));
        assert_eq!(role_in_chart("Chart.yaml"), Some(FileRole::Definition(DefinitionKind::HelmChart)));
        assert_eq!(role_in_chart("crds/widget.yaml"), None);
        assert_eq!(role_in_chart("examples/values.yaml"), None);
    }
}
