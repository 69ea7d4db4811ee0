# shellcheck shell=bash
# What deploy/quickstart.sh and tests/run.sh share: progress lines, Debian packages, the build. Sourced, never run.
# Expects `set -euo pipefail`; `root` is set here to the checkout.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# step TEXT...: a progress line with the seconds since the script began.
step() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# fail TEXT...: ends the script with a readable reason.
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 1
}

# missing_packages FILE...: names the packages of these lists that are not installed, one a line.
missing_packages() {
  local -A installed=()
  local package command state
  local -a names=()
  while read -r package _; do names+=("$package"); done < <(sed 's/#.*//; /^[[:space:]]*$/d' "$@")
  while read -r package state; do
    [ "$state" = installed ] && installed[$package]=1
  done < <(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${names[@]}" 2>/dev/null || true)
  while read -r package command; do
    [ -n "${installed[$package]:-}" ] || { [ -n "$command" ] && command -v "$command" >/dev/null; } || echo "$package"
  done < <(sed 's/#.*//; /^[[:space:]]*$/d' "$@")
}

# install_packages FILE...: installs what is missing of these lists, and asks the network only then.
install_packages() {
  local system id version
  system=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')
  id=$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null | tr -d '"')
  version=$(sed -n 's/^VERSION_ID=//p' /etc/os-release 2>/dev/null | tr -d '"')
  if [ "$id" != debian ] || [ "$version" != 12 ]; then
    fail "this installs packages of Debian 12 (bookworm), and this is ${system:-an unknown system}" \
      "Run it in a Debian 12 machine or container, or install what ${*#"$root"/} name by other means" \
      "and run it again with --no-install."
  fi
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    step "all Debian packages are there"
    return
  fi
  local -a as_root=(env DEBIAN_FRONTEND=noninteractive)
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "Debian packages are missing, and installing them needs root" \
      "Run this as root:" "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo "${as_root[@]}")
  fi
  step "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local -a apt=("${as_root[@]}" apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update || fail "apt-get update failed: are the package sources and the network all right?"
  local log
  log=$(mktemp)
  if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    fail "apt-get could not install the packages; the whole output is in $log"
  fi
  rm -f "$log"
}

# build_jobs: how many compilers to run at once: one per core, and each with 1.5 GiB of memory.
build_jobs() {
  local cores by_memory
  cores=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "$by_memory" -ge 1 ] || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# build PRESET TARGET...: builds these targets of a configured preset.
build() {
  local preset=$1
  shift
  NINJA_STATUS='[%f/%t, %es] ' ninja -C "$root/build/$preset" -j "$(build_jobs)" "$@" </dev/null
}
