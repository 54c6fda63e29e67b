//! Bindings: `ValidateRoleBindingUpdate` and `ValidateClusterRoleBindingUpdate` in
//! `pkg/apis/rbac/validation/validation.go`.

use super::Update;
use super::plain::Plain;

/// The role of a binding cannot change: `SetDefaults_RoleBinding` fills in the group.
pub(super) fn binding(update: &mut Update<'_, '_, '_>) {
    let both_have = [update.old, update.new].iter().all(|one| one.get("roleRef").is_some());
    if both_have {
        let fill_in = |role: &mut Option<Plain>| {
            if let Some(role) = role {
                role.default_zero("apiGroup", || Plain::text("rbac.authorization.k8s.io"));
            }
        };
        let kind = update.resource.kind.clone();
        let help = format!("keep the role, or give the {kind} another name and remove the old one");
        update.immutable_with(&["roleRef"], fill_in, &help);
    }
}
