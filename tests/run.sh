#!/usr/bin/env bash
# Builds everything and runs the tests; ends with the line "N passed, N failed".
#
#   tests/run.sh [OPTION...]
#
#   --preset NAME   only this preset (default: release whole, then the decoders, the model and the store contract under asan)
#   --only LABEL    only these tests: unit, conformance, fuzz or integration; repeatable
#   --no-install    do not touch Debian packages
#   -h, --help      this text
#
# It installs the missing ones of deploy/packages.txt and tests/packages.txt, and the npm packages of tests/integration. Exit code 0
# only when something ran and nothing failed.
set -euo pipefail
# shellcheck source=deploy/steps.sh
source "$(dirname "${BASH_SOURCE[0]}")/../deploy/steps.sh"

# What runs under the sanitizers by default: whatever reads bytes of strangers, and the store contract.
asan_folders=(unit/base unit/model unit/concurrency unit/codec unit/malformed conformance fuzz)
labels=(unit conformance fuzz integration)

presets=() only=() install=1
while [ $# -gt 0 ]; do
  case $1 in
    --preset) [ $# -ge 2 ] || fail "--preset needs a name"; presets+=("$2"); shift ;;
    --preset=*) presets+=("${1#*=}") ;;
    --only) [ $# -ge 2 ] || fail "--only needs a label"; only+=("$2"); shift ;;
    --only=*) only+=("${1#*=}") ;;
    --no-install) install='' ;;
    -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    *) printf '%s: unknown option %s (see --help)\n' "${0##*/}" "$1" >&2; exit 2 ;;
  esac
  shift
done
for label in "${only[@]}"; do
  [[ " ${labels[*]} " == *" $label "* ]] || { echo "${0##*/}: unknown label $label; there are: ${labels[*]}" >&2; exit 2; }
done
[ ${#presets[@]} -gt 0 ] || presets=(release asan)
[ ${#only[@]} -gt 0 ] || only=("${labels[@]}")
wanted() { [[ " ${only[*]} " == *" $1 "* ]]; }

passed=0 failed=0
# Whatever ends the script, the last line gives the counts.
summary() {
  local status=$?
  if [ "$status" -ne 0 ]; then failed=$((failed + 1)); fi
  if [ $((passed + failed)) -eq 0 ]; then echo "no test ran" >&2; status=1; fi
  step "done"
  echo "$passed passed, $failed failed"
  if [ "$failed" -gt 0 ]; then status=1; fi
  exit "$status"
}
trap summary EXIT

# count_attribute FILE NAME: a number in the head of ctest's report.
count_attribute() { sed -n "s/^[[:space:]]*$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

# run_ctest PRESET FOLDER: the wanted native tests below that folder of the build tree.
run_ctest() {
  local preset=$1 folder=$root/build/$1/$2 report pattern all bad
  local -a native=()
  for label in unit conformance fuzz; do
    if wanted "$label"; then native+=("$label"); fi
  done
  if [ ${#native[@]} -eq 0 ]; then return; fi
  pattern=$(IFS='|'; echo "^(${native[*]})\$")
  report=$folder/report.xml
  rm -f "$report"
  ctest --test-dir "$folder" --label-regex "$pattern" --parallel "$(nproc)" --output-on-failure --output-junit "$report" </dev/null |
    { grep -vE '^ *[0-9]+/[0-9]+ Test +#.* Passed |^ +Start +[0-9]+:' || true; } || true
  [ -s "$report" ] || fail "ctest wrote no report for $preset $2"
  all=$(count_attribute "$report" tests)
  # A test that was skipped or disabled tested nothing.
  bad=$(($(count_attribute "$report" failures) + $(count_attribute "$report" skipped) + $(count_attribute "$report" disabled)))
  passed=$((passed + all - bad))
  failed=$((failed + bad))
}

run_integration() {
  local preset=$1 counts=$root/build/$1/integration-counts good bad
  local folder=$root/tests/integration
  if [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
    step "npm packages of tests/integration"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null) || fail "npm ci failed in tests/integration"
  fi
  step "integration tests ($preset)"
  rm -f "$counts"
  PUGMARK_BIN_DIR=$root/build/$preset/bin python3 "$folder/run.py" --counts "$counts" </dev/null || true
  read -r good bad <"$counts" || fail "the integration tests ended without a count"
  passed=$((passed + good))
  failed=$((failed + bad))
}

run_preset() {
  local preset=$1
  step "configuring (build/$preset)"
  (cd "$root" && cmake --preset "$preset" -DPUGMARK_BUILD_TESTS=ON >/dev/null) || fail "cmake --preset $preset failed"
  if [ "$preset" = asan ]; then
    run_under_asan
    return
  fi
  step "building $preset with $(build_jobs) jobs"
  build "$preset" all || fail "the build of $preset failed"
  step "native tests ($preset)"
  run_ctest "$preset" tests
  if wanted integration; then run_integration "$preset"; fi
}

run_under_asan() {
  local folder
  local -a folders=()
  for folder in "${asan_folders[@]}"; do
    if [ -e "$root/tests/$folder/CMakeLists.txt" ]; then folders+=("tests/$folder"); fi
  done
  step "building ${folders[*]} (asan) with $(build_jobs) jobs"
  build asan "${folders[@]/%//all}" || fail "the build of asan failed"
  step "native tests (asan)"
  for folder in "${folders[@]}"; do run_ctest asan "$folder"; done
}

if [ -n "$install" ]; then install_packages "$root/deploy/packages.txt" "$root/tests/packages.txt"; fi
for preset in "${presets[@]}"; do run_preset "$preset"; done
