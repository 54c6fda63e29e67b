"""plimsoll beside what it replaces: `kubectl kustomize` of everything that is deployed, piped into kubeconform.

    python3 benches/deployed.py target/release/plimsoll ../shared/corpus \\
        --kubeconform "$(command -v kubeconform)" --schemas target/kubeconform-schemas [--conftest "$(command -v conftest)"]

The other tools are run once for each kustomization that no other takes in, two at a time; with `--conftest` its forty
rules (`forty.rego`) run on the same output, and plimsoll runs its default rules. Contestants alternate; one round of each
warms the page cache, and the medians of three are compared.
"""

import argparse
import concurrent.futures
import pathlib
import re
import resource
import statistics
import subprocess
import time

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
ITEM = re.compile(r"^\s*-\s+[\"']?([^\s\"'#]+)", re.MULTILINE)


def roots(top):
    """The folders of the kustomizations that are no components, and that no other one names."""
    own, taken = set(), set()
    for name in NAMES:
        for file in top.rglob(name):
            text = file.read_text(errors="replace")
            taken.update((file.parent / item).resolve() for item in ITEM.findall(text))
            if "kind: Component" not in text:
                own.add(file.parent.resolve())
    return sorted(own - taken)


def deployed(folder, options):
    """Builds one kustomization and checks what it makes."""
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, check=False)
    if built.returncode != 0:
        return False
    location = f"{options.schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    check = [options.kubeconform, "-strict", "-ignore-missing-schemas", "-n", "1", "-schema-location", location, "-"]
    subprocess.run(check, input=built.stdout, capture_output=True, check=False)
    if options.conftest:
        forty = pathlib.Path(__file__).with_name("forty.rego")
        check = [options.conftest, "test", "--all-namespaces", "--policy", forty, "-"]
        subprocess.run(check, input=built.stdout, capture_output=True, check=False)
    return True


def others(folders, options):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return sum(pool.map(lambda folder: deployed(folder, options), folders))


def plimsoll(top, options):
    rules = [] if options.conftest else ["--select", "syntax,schema"]
    command = [options.plimsoll, "lint", "-j", "2", "--kubernetes-version", options.version, *rules, "."]
    subprocess.run(command, cwd=top, capture_output=True, check=False)


def measured(work):
    """Wall time and processor time of the children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plimsoll", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("top", type=pathlib.Path)
    parser.add_argument("--kubeconform", required=True)
    parser.add_argument("--schemas", required=True)
    parser.add_argument("--conftest")
    parser.add_argument("--version", default="1.33")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folders = roots(options.top)
    print(f"{len(folders)} kustomizations are deployed, {others(folders, options)} of them build")
    plimsoll(options.top, options)
    times = {"others": [], "plimsoll": []}
    for _ in range(options.rounds):
        times["others"].append(measured(lambda: others(folders, options)))
        times["plimsoll"].append(measured(lambda: plimsoll(options.top, options)))
    for at, what in enumerate(("wall", "CPU")):
        old, new = (statistics.median(one[at] for one in times[who]) for who in ("others", "plimsoll"))
        print(f"{what}: {old:.2f} s and {new:.2f} s, {old / new:.0f} times less")


if __name__ == "__main__":
    main()
