//! One document of each kind of the generated corpus, valid against the strict schemas, with the forms that real
//! manifests have: flow collections, quoted and unquoted numbers, comments, literal blocks, anchors.

use std::fmt::Write as _;

use crate::pods::{self, App};
use crate::random::Random;

type Writer = fn(&mut String, &mut Random, &App);

/// The kinds with their weights.
const KINDS: [(u64, Writer); 20] = [
    (22, deployment),
    (18, service),
    (14, config_map),
    (6, service_account),
    (5, secret),
    (5, ingress),
    (4, network_policy),
    (4, autoscaler),
    (4, disruption_budget),
    (4, helm_release),
    (3, volume_claim),
    (3, stateful_set),
    (3, cron_job),
    (3, role),
    (3, role_binding),
    (3, service_monitor),
    (3, virtual_service),
    (2, daemon_set),
    (2, job),
    (2, certificate),
];

/// Writes one document of a kind chosen by weight, without a separator.
pub fn document(out: &mut String, random: &mut Random, app: &App) {
    let total: u64 = KINDS.iter().map(|(weight, _)| weight).sum();
    let mut left = random.range(1, total);
    for (weight, write) in KINDS {
        if left <= weight {
            return write(out, random, app);
        }
        left -= weight;
    }
}

fn head(out: &mut String, random: &mut Random, app: &App, version: &str, kind: &str, suffix: &str) {
    let _ = write!(
        out,
        "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {}-{}{suffix}\n  namespace: {}\n  labels:\n",
        app.name,
        random.hex(6),
        app.namespace
    );
    app.labels(out, "    ");
    let _ = write!(
        out,
        "  annotations:\n    example.com/owner: {}@example.com\n    example.com/revision: \"{}\"\n",
        app.namespace,
        random.range(1, 400)
    );
}

fn selector(out: &mut String, app: &App, pad: &str) {
    let name = &app.name;
    let _ = write!(out, "{pad}app.kubernetes.io/name: {name}\n{pad}app.kubernetes.io/instance: {name}-main\n");
}

fn deployment(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "apps/v1", "Deployment", "");
    let _ = write!(
        out,
        "spec:\n  replicas: {}\n  revisionHistoryLimit: 3\n  strategy:\n    type: RollingUpdate\n    rollingUpdate:\n\
         \x20     maxSurge: 25%\n      maxUnavailable: 0\n  selector:\n    matchLabels:\n",
        random.range(1, 8)
    );
    selector(out, app, "      ");
    out.push_str("  template:\n");
    pods::template(out, random, app, "    ", "Always");
}

fn stateful_set(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "apps/v1", "StatefulSet", "");
    let _ = write!(
        out,
        "spec:\n  replicas: {}\n  serviceName: {}\n  podManagementPolicy: Parallel\n  volumeClaimTemplates:\n\
         \x20   - metadata:\n        name: data\n      spec:\n        accessModes: [ReadWriteOnce]\n\
         \x20       resources: {{requests: {{storage: {}Gi}}}}\n  selector:\n    matchLabels:\n",
        random.range(1, 5),
        app.name,
        random.range(1, 100)
    );
    selector(out, app, "      ");
    out.push_str("  template:\n");
    pods::template(out, random, app, "    ", "Always");
}

fn daemon_set(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "apps/v1", "DaemonSet", "");
    out.push_str("spec:\n  updateStrategy: {type: RollingUpdate}\n  selector:\n    matchLabels:\n");
    selector(out, app, "      ");
    out.push_str("  template:\n");
    pods::template(out, random, app, "    ", "Always");
}

fn job(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "batch/v1", "Job", "");
    let _ =
        write!(out, "spec:\n  backoffLimit: {}\n  ttlSecondsAfterFinished: 3600\n  template:\n", random.range(0, 6));
    pods::template(out, random, app, "    ", "Never");
}

fn cron_job(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "batch/v1", "CronJob", "");
    let _ = write!(
        out,
        "spec:\n  schedule: \"{} {} * * *\"\n  concurrencyPolicy: Forbid\n  successfulJobsHistoryLimit: 1\n\
         \x20 jobTemplate:\n    spec:\n      backoffLimit: 2\n      template:\n",
        random.range(0, 59),
        random.range(0, 23)
    );
    pods::template(out, random, app, "        ", "OnFailure");
}

fn service(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "v1", "Service", "");
    out.push_str("spec:\n  type: ClusterIP\n  selector:\n");
    selector(out, app, "    ");
    let _ = write!(
        out,
        "  ports:\n    - name: http\n      port: 80\n      targetPort: http-0\n      protocol: TCP\n\
         \x20   - {{name: metrics, port: {port}, targetPort: {port}}}\n",
        port = random.range(9000, 9999)
    );
}

fn config_map(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "v1", "ConfigMap", "-config");
    out.push_str("data:\n  LOG_FORMAT: json\n  FEATURE_GATES: \"true\"\n  application.properties: |\n");
    for number in 0..random.range(5, 40) {
        let (key, value) = (random.hex(8), random.range(0, 1_000_000));
        let _ = writeln!(out, "    {}.section-{number}.key-{key}.limit={value}", app.name);
    }
    out.push_str("  start.sh: |-\n    #!/bin/sh\n    set -eu\n    # colons: and # hashes in a block are text\n");
    for number in 0..random.range(2, 12) {
        let _ = writeln!(out, "    echo \"step {number}: {}\" >> /tmp/start.log", random.hex(16));
    }
}

fn service_account(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "v1", "ServiceAccount", "");
    out.push_str("automountServiceAccountToken: false\nimagePullSecrets:\n  - name: registry\n");
}

fn secret(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "v1", "Secret", "-credentials");
    let length = 4 * random.range(5, 16) as usize;
    let _ = write!(out, "type: Opaque\ndata:\n  token: {}\n  user: {}\n", random.base64(length), random.base64(16));
}

fn ingress(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "networking.k8s.io/v1", "Ingress", "");
    let _ = write!(
        out,
        "spec:\n  ingressClassName: nginx\n  tls:\n    - hosts:\n        - {name}.example.com\n      secretName: {name}-tls\n\
         \x20 rules:\n    - host: {name}.example.com\n      http:\n        paths:\n          - path: /{path}\n\
         \x20           pathType: Prefix\n            backend:\n              service:\n                name: {name}\n\
         \x20               port:\n                  number: 80\n",
        name = app.name,
        path = random.hex(4)
    );
}

fn network_policy(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "networking.k8s.io/v1", "NetworkPolicy", "");
    out.push_str("spec:\n  policyTypes: [Ingress, Egress]\n  podSelector:\n    matchLabels:\n");
    selector(out, app, "      ");
    let _ = write!(
        out,
        "  ingress:\n    - from:\n        - namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: edge}}}}\n\
         \x20     ports:\n        - port: {}\n          protocol: TCP\n  egress:\n    - to:\n        - ipBlock:\n\
         \x20           cidr: 10.{}.0.0/16\n",
        random.range(1024, 9000),
        random.range(0, 255)
    );
}

fn autoscaler(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "autoscaling/v2", "HorizontalPodAutoscaler", "");
    let _ = write!(
        out,
        "spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: {}\n  minReplicas: 2\n\
         \x20 maxReplicas: {}\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n\
         \x20       target: {{type: Utilization, averageUtilization: {}}}\n",
        app.name,
        random.range(3, 30),
        random.range(50, 95)
    );
}

fn disruption_budget(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "policy/v1", "PodDisruptionBudget", "");
    let _ = write!(out, "spec:\n  maxUnavailable: {}\n  selector:\n    matchLabels:\n", random.range(1, 2));
    selector(out, app, "      ");
}

fn helm_release(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "helm.toolkit.fluxcd.io/v2", "HelmRelease", "");
    let _ = write!(
        out,
        "spec:\n  interval: {}m\n  chart:\n    spec:\n      chart: {}\n      version: \">=1.0.0 <2.0.0\"\n      sourceRef:\n\
         \x20       kind: HelmRepository\n        name: internal\n  values:\n    resources: &resources\n      requests:\n\
         \x20       cpu: {}m\n        memory: 128Mi\n    worker:\n      resources: *resources\n    web:\n\
         \x20     resources: *resources\n      replicas: {}\n",
        random.range(5, 60),
        app.name,
        random.range(10, 500),
        random.range(1, 6)
    );
}

fn volume_claim(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "v1", "PersistentVolumeClaim", "-data");
    let _ = write!(
        out,
        "spec:\n  accessModes:\n    - ReadWriteOnce\n  storageClassName: fast\n  resources:\n    requests:\n\
         \x20     storage: {}Gi\n",
        random.range(1, 500)
    );
}

fn role(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "rbac.authorization.k8s.io/v1", "Role", "");
    out.push_str("rules:\n");
    for _ in 0..random.range(1, 3) {
        let resource = random.pick(&["configmaps", "pods", "leases", "endpoints"]);
        let _ = writeln!(out, "  - apiGroups: [\"\"]\n    resources: [{resource}]\n    verbs: [get, list, watch]");
    }
}

fn role_binding(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "rbac.authorization.k8s.io/v1", "RoleBinding", "");
    let _ = write!(
        out,
        "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {name}\nsubjects:\n\
         \x20 - kind: ServiceAccount\n    name: {name}\n    namespace: {namespace}\n",
        name = app.name,
        namespace = app.namespace
    );
}

fn service_monitor(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "monitoring.coreos.com/v1", "ServiceMonitor", "");
    let _ = write!(
        out,
        "spec:\n  endpoints:\n    - port: metrics\n      interval: {}s\n      path: /metrics\n  selector:\n    matchLabels:\n",
        random.range(10, 60)
    );
    selector(out, app, "      ");
}

fn virtual_service(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "networking.istio.io/v1", "VirtualService", "");
    let weight = random.range(1, 50);
    let _ = write!(
        out,
        "spec:\n  hosts: [{name}.example.com]\n  gateways: [edge/public]\n  http:\n    - route:\n        - destination:\n\
         \x20           host: {name}\n            subset: stable\n          weight: {}\n        - destination:\n\
         \x20           host: {name}\n            subset: canary\n          weight: {weight}\n",
        100 - weight,
        name = app.name
    );
}

fn certificate(out: &mut String, random: &mut Random, app: &App) {
    head(out, random, app, "cert-manager.io/v1", "Certificate", "");
    let _ = write!(
        out,
        "spec:\n  secretName: {name}-tls\n  dnsNames:\n    - {name}.example.com\n  renewBefore: {}h\n  issuerRef:\n\
         \x20   name: letsencrypt\n    kind: ClusterIssuer\n",
        random.range(100, 700),
        name = app.name
    );
}
