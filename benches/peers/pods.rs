//! Pod templates: 60 % of the bytes of the generated corpus.

use std::fmt::Write as _;

use crate::random::Random;

const WORDS: [&str; 12] = [
    "ledger", "basket", "search", "mailer", "router", "billing", "catalog", "session", "report", "upload", "quota",
    "audit",
];

/// What all documents of one application share.
pub struct App {
    pub name: String,
    pub namespace: String,
}

impl App {
    /// The labels every object carries, each behind `pad`.
    pub fn labels(&self, out: &mut String, pad: &str) {
        let App { name, namespace } = self;
        let _ = write!(
            out,
            "{pad}app.kubernetes.io/name: {name}\n{pad}app.kubernetes.io/instance: {name}-main\n\
             {pad}app.kubernetes.io/part-of: \"{namespace}\"\n{pad}app.kubernetes.io/managed-by: Helm\n"
        );
    }
}

/// `metadata:` and `spec:` of a pod template, behind `pad`; `restart` is its restart policy.
pub fn template(out: &mut String, random: &mut Random, app: &App, pad: &str, restart: &str) {
    let digest = random.hex(64);
    let _ = write!(out, "{pad}metadata:\n{pad}  labels:\n");
    app.labels(out, &format!("{pad}    "));
    let _ = write!(
        out,
        "{pad}  annotations:\n{pad}    checksum/config: {digest}\n{pad}    prometheus.io/scrape: \"true\"\n\
         {pad}    prometheus.io/port: '{port}'\n{pad}spec:\n{pad}  serviceAccountName: {name}\n\
         {pad}  restartPolicy: {restart}\n{pad}  terminationGracePeriodSeconds: {grace}\n\
         {pad}  securityContext: {{runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001, \
         seccompProfile: {{type: RuntimeDefault}}}}\n",
        port = random.range(8000, 9999),
        name = app.name,
        grace = random.range(10, 120),
    );
    if random.one_in(2) {
        init_container(out, random, pad);
    }
    let _ = writeln!(out, "{pad}  containers:");
    for index in 0..*random.pick(&[1, 1, 2, 2]) {
        container(out, random, app, pad, index, restart == "Always");
    }
    placement(out, app, pad);
    let _ = write!(
        out,
        "{pad}  volumes:\n{pad}    - name: config\n{pad}      configMap:\n{pad}        name: {name}-config\n\
         {pad}        defaultMode: 0440\n{pad}    - name: tmp\n{pad}      emptyDir: {{sizeLimit: {size}Mi}}\n",
        name = app.name,
        size = random.range(16, 512),
    );
}

fn init_container(out: &mut String, random: &mut Random, pad: &str) {
    let image = image(random);
    let _ = write!(
        out,
        "{pad}  initContainers:\n{pad}    # waits for the database, then brings the schema up to date\n\
         {pad}    - name: migrate\n{pad}      image: {image}\n{pad}      command: [/bin/sh, -c]\n{pad}      args:\n\
         {pad}        - |\n{pad}          set -eu\n{pad}          until nc -z database 5432; do sleep 1; done\n\
         {pad}          exec /app/migrate --wait --lock-timeout=30s\n{pad}      resources:\n\
         {pad}        requests: {{cpu: 50m, memory: 64Mi}}\n{pad}        limits: {{memory: 128Mi}}\n",
    );
}

fn container(out: &mut String, random: &mut Random, app: &App, pad: &str, index: usize, probes: bool) {
    let name = if index == 0 { app.name.clone() } else { format!("{}-proxy", random.pick(&WORDS)) };
    let port = random.range(3000, 9000);
    let _ = write!(
        out,
        "{pad}    - name: {name}\n{pad}      image: {image}\n{pad}      imagePullPolicy: IfNotPresent\n\
         {pad}      args: [\"serve\", \"--listen=:{port}\", \"--log-level={level}\", \"--workers\", \"{workers}\"]\n\
         {pad}      ports:\n{pad}        - name: http-{index}\n{pad}          containerPort: {port}\n\
         {pad}          protocol: TCP\n{pad}      env:\n",
        image = image(random),
        level = random.pick(&["info", "warn", "debug"]),
        workers = random.range(1, 16),
    );
    for number in 0..random.range(1, 7) {
        variable(out, random, app, pad, number);
    }
    if random.one_in(100) {
        let _ = writeln!(out, "{pad}      resources: {{requests: {{cpu: 100m}}}}");
    } else {
        let (request, limit) = (random.range(32, 512), random.range(512, 2048));
        let _ = write!(
            out,
            "{pad}      resources:\n{pad}        requests:\n{pad}          cpu: {cpu}m\n\
             {pad}          memory: {request}Mi\n{pad}        limits:\n{pad}          memory: \"{limit}Mi\"\n",
            cpu = random.range(10, 900),
        );
    }
    if probes {
        let _ = write!(
            out,
            "{pad}      livenessProbe:\n{pad}        httpGet:\n{pad}          path: /live\n{pad}          port: http-{index}\n\
             {pad}        initialDelaySeconds: {delay}\n{pad}        periodSeconds: 10\n{pad}      readinessProbe:\n\
             {pad}        httpGet: {{path: /ready, port: {port}}}\n{pad}        failureThreshold: 3\n",
            delay = random.range(1, 60),
        );
    }
    let privileged = if random.one_in(300) { "privileged: true" } else { "allowPrivilegeEscalation: false" };
    let _ = write!(
        out,
        "{pad}      securityContext: {{{privileged}, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}\n\
         {pad}      volumeMounts:\n{pad}        - name: config\n{pad}          mountPath: /etc/{name}\n\
         {pad}          readOnly: true\n{pad}        - {{name: tmp, mountPath: /tmp}}\n",
    );
}

fn variable(out: &mut String, random: &mut Random, app: &App, pad: &str, number: u64) {
    let word = random.pick(&WORDS).to_uppercase();
    let pad = format!("{pad}        ");
    let _ = match random.range(0, 3) {
        0 => write!(out, "{pad}- name: {word}_{number}_LIMIT\n{pad}  value: \"{}\"\n", random.range(1, 100_000)),
        1 => write!(
            out,
            "{pad}- name: {word}_{number}_URL\n{pad}  value: https://{}.{}.svc.cluster.local:{}/v1\n",
            word.to_lowercase(),
            app.namespace,
            random.range(1024, 9000)
        ),
        2 => write!(
            out,
            "{pad}- name: {word}_{number}_TOKEN # rotated every month\n{pad}  valueFrom:\n{pad}    secretKeyRef:\n\
             {pad}      name: {}-credentials\n{pad}      key: token\n",
            app.name
        ),
        _ => write!(
            out,
            "{pad}- name: {word}_{number}_NODE\n{pad}  valueFrom: {{fieldRef: {{fieldPath: spec.nodeName}}}}\n"
        ),
    };
}

fn placement(out: &mut String, app: &App, pad: &str) {
    let _ = write!(
        out,
        "{pad}  nodeSelector: {{kubernetes.io/os: linux}}\n{pad}  topologySpreadConstraints:\n\
         {pad}    - maxSkew: 1\n{pad}      topologyKey: topology.kubernetes.io/zone\n\
         {pad}      whenUnsatisfiable: ScheduleAnyway\n{pad}      labelSelector:\n{pad}        matchLabels:\n\
         {pad}          app.kubernetes.io/name: {name}\n{pad}          app.kubernetes.io/instance: {name}-main\n\
         {pad}  tolerations:\n{pad}    - key: dedicated\n{pad}      operator: Equal\n{pad}      value: {namespace}\n\
         {pad}      effect: NoSchedule\n",
        name = app.name,
        namespace = app.namespace,
    );
}

/// Mostly a tag and a digest; now and then what a linter is for.
fn image(random: &mut Random) -> String {
    let word = *random.pick(&WORDS);
    if random.one_in(60) {
        return format!("registry.example.com/team/{word}:latest");
    }
    let tag = format!("{}.{}.{}", random.range(0, 9), random.range(0, 40), random.range(0, 12));
    if random.one_in(3) {
        format!("registry.example.com/team/{word}:{tag}@sha256:{}", random.hex(64))
    } else {
        format!("registry.example.com/team/{word}:{tag}")
    }
}
