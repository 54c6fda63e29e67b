#!/usr/bin/env bash
# What action.yml runs. Reads PLIMSOLL_* (the inputs), GITHUB_WORKSPACE, GITHUB_OUTPUT and GITHUB_STEP_SUMMARY; ends with
# plimsoll's exit code. Works in bash 3.2, which macOS still has: no array here is ever expanded while empty.
set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
workspace=$(cd -- "${GITHUB_WORKSPACE:-.}" && pwd)
scratch=$(mktemp -d)
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
framed=false

# From `begin_frame` to `end_frame` the runner obeys no command: the text quotes files of the pull request.
begin_frame() {
    framed=true
    printf '::stop-commands::%s\n' "$token"
}
end_frame() {
    if $framed; then printf '\n::%s::\n' "$token"; fi
    framed=false
}
trap 'end_frame; rm -rf -- "$scratch"' EXIT

refuse() {
    printf '%s\n' "$1" >&2
    set_output exit-code 2
    exit 2
}

# The form with a delimiter, so that a line break in a value cannot become a second output.
set_output() {
    printf '%s<<%s\n%s\n%s\n' "$1" "$token" "$2" "$token" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# Puts the non-empty lines of $1 behind the array `arguments`.
add_lines() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        if [ -n "$line" ]; then arguments+=("$line"); fi
    done < <(printf '%s' "$1")
}

find_binary() {
    binary=${PLIMSOLL_INPUT_BIN:-${PLIMSOLL_BIN:-}}
    if [ -n "$binary" ]; then return; fi
    command -v cargo >/dev/null || refuse "no plimsoll given, and no cargo to build it with: set the input \`plimsoll\`"
    echo "::group::Build plimsoll"
    cargo build --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$here/target"
    echo "::endgroup::"
    binary=$here/target/release/plimsoll
    if [ -f "$binary.exe" ]; then binary=$binary.exe; fi
}

enter_working_directory() {
    local folder=${PLIMSOLL_WORKING_DIRECTORY:-.}
    case $folder in /*) ;; *) folder=$workspace/$folder ;; esac
    cd -- "$folder" 2>/dev/null || refuse "the input \`working-directory\` names no folder"
}

# The number behind a key of the JSON summary. Quotes in strings are escaped there, so only a key can match.
count_of() {
    grep -oE "\"$1\": *[0-9]+" "$scratch/report.json" 2>/dev/null | tail -n 1 | grep -oE '[0-9]+$' || true
}

# Frames in a code block whose fence is longer than any run of backquotes in them. GitHub shows no summary over 1 MiB.
write_summary() {
    local fence
    fence=$(awk '{ while (match($0, /`+/)) { if (RLENGTH > n) n = RLENGTH; $0 = substr($0, RSTART + RLENGTH) } }
        END { for (i = (n < 3 ? 3 : n + 1); i > 0; i--) printf "`" }' "$scratch/text")
    {
        printf '### plimsoll: %s errors, %s warnings\n\n%stext\n' "$errors" "$warnings" "$fence"
        head -c 900000 "$scratch/text"
        printf '\n%s\n' "$fence"
        if [ "$(wc -c <"$scratch/text")" -gt 900000 ]; then printf '\nThe rest is in the log of the step.\n'; fi
    } >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

case ${PLIMSOLL_ANNOTATIONS:-true} in
    true | false) ;;
    *) refuse "the input \`annotations\` is either true or false" ;;
esac
enter_working_directory
find_binary

arguments=(lint "--fail-on=${PLIMSOLL_FAIL_ON:-error}" -o "text=$scratch/text" -o "json=$scratch/report.json")
if [ "${PLIMSOLL_ANNOTATIONS:-true}" = true ]; then arguments+=(-o "github=$scratch/annotations"); fi
if [ -n "${PLIMSOLL_SARIF_FILE:-}" ]; then arguments+=(-o "sarif=$PLIMSOLL_SARIF_FILE"); fi
if [ -n "${PLIMSOLL_SINCE:-}" ]; then arguments+=("--since=$PLIMSOLL_SINCE"); fi
if [ -n "${PLIMSOLL_CONFIG:-}" ]; then arguments+=("--config=$PLIMSOLL_CONFIG"); fi
add_lines "${PLIMSOLL_ARGS:-}"
arguments+=(--)
add_lines "${PLIMSOLL_PATHS:-}"

begin_frame
code=0
"$binary" "${arguments[@]}" </dev/null || code=$?
if [ -f "$scratch/text" ]; then cat -- "$scratch/text"; fi
end_frame
if [ -f "$scratch/annotations" ]; then cat -- "$scratch/annotations"; fi

errors=$(count_of errors)
warnings=$(count_of warnings)
if [ -f "$scratch/text" ]; then write_summary; fi
set_output exit-code "$code"
set_output errors "$errors"
set_output warnings "$warnings"
sarif=${PLIMSOLL_SARIF_FILE:-}
case $sarif in "" | /*) ;; *) sarif=$PWD/$sarif ;; esac
if [ -n "$sarif" ] && [ -f "$sarif" ]; then set_output sarif-file "$sarif"; fi
exit "$code"
