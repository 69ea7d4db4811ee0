#!/usr/bin/env bash
# Builds Pugmark on a Debian 12 machine and starts it: all three daemons in one process, on the embedded store.
#
#   deploy/quickstart.sh [OPTION...] [-- SERVER-OPTION...]
#
#   --data DIR      where spans, log and pid file live (default: pugmark-data in the checkout)
#   --build-only    install packages and build, start nothing
#   --foreground    stay attached; Ctrl-C stops the server
#   --stop          stop the server that runs on the data folder
#   --no-install    do not touch Debian packages
#   -h, --help      this text
#
# It installs the missing ones of deploy/packages.txt, builds the release preset, starts build/release/bin/pugmark-all-in-one
# in the background and waits until it is ready. Running it again is quick and harmless. What follows -- goes to the server, for
# example: deploy/quickstart.sh -- --query.http-server.host-port=:26686
set -euo pipefail
# shellcheck source=deploy/steps.sh
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"

data=$root/pugmark-data
build_only='' foreground='' stop='' install=1
while [ $# -gt 0 ]; do
  case $1 in
    --data) [ $# -ge 2 ] || fail "--data needs a folder"; data=$2; shift ;;
    --data=*) data=${1#*=} ;;
    --build-only) build_only=1 ;;
    --foreground) foreground=1 ;;
    --stop) stop=1 ;;
    --no-install) install='' ;;
    -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --) shift; break ;;
    *) printf '%s: unknown option %s (see --help)\n' "${0##*/}" "$1" >&2; exit 2 ;;
  esac
  shift
done
data=$(realpath -m -- "$data")
bin=$root/build/release/bin
program=$bin/pugmark-all-in-one
pid_file=$data/server.pid
log_file=$data/server.log
server_options=("$@")

# Prints the process id of the server on this data folder; fails when there is none.
running_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) && [ -n "$pid" ] || return 1
  # The number may have gone to another process since. A rebuilt program shows as "... (deleted)".
  case $(readlink "/proc/$pid/exe" 2>/dev/null) in
    */pugmark-all-in-one | */pugmark-all-in-one' (deleted)') echo "$pid" ;;
    *) return 1 ;;
  esac
}

# option_value NAME DEFAULT: the value that the server will use, from its options or the environment.
option_value() {
  local variable value option
  variable=$(tr 'a-z.-' 'A-Z__' <<<"$1")
  value=${!variable:-$2}
  for option in "${server_options[@]}"; do
    case $option in "--$1="*) value=${option#*=} ;; esac
  done
  echo "$value"
}

# port_of NAME DEFAULT: the port in such a value.
port_of() {
  local value
  value=$(option_value "$1" "$2")
  echo "${value##*:}"
}

stop_server() {
  local pid
  if ! pid=$(running_pid); then
    echo "no server runs on $data"
    return
  fi
  step "stopping the server (process $pid)"
  kill -TERM "$pid"
  local waited=0
  while kill -0 "$pid" 2>/dev/null; do
    [ $((waited += 1)) -le 300 ] || fail "process $pid has not ended within 30 s; its log: $log_file"
    sleep 0.1
  done
  rm -f "$pid_file"
  step "stopped"
}

build_programs() {
  if [ -n "$install" ]; then install_packages "$root/deploy/packages.txt"; fi
  local -a configure=(cmake --preset release)
  # A build folder that the tests use keeps its tests; a new one does without their packages.
  [ -e "$root/build/release/CMakeCache.txt" ] || configure+=(-DPUGMARK_BUILD_TESTS=OFF)
  step "configuring (build/release)"
  (cd "$root" && "${configure[@]}" >/dev/null) || fail "cmake --preset release failed"
  step "building with $(build_jobs) jobs (the first time takes a while)"
  build release programs || fail "the build failed"
  step "built $bin"
}

fail_taken() {
  fail "port $1 is taken by another program" \
    "Stop that program (as root, 'ss -lntup | grep :$1' names it), or choose another port, for example:" \
    "  deploy/quickstart.sh -- --query.http-server.host-port=:26686"
}

explain_start_failure() {
  local status=$1 port
  tail -n 15 "$log_file" >&2
  port=$(grep -aoE '[^" ]*:[0-9]+[^"]*(already )?in use' "$log_file" | tail -n 1 | grep -oE '[0-9]+' | head -n 1 || true)
  if [ -n "$port" ]; then fail_taken "$port"; fi
  fail "the server ended with exit code $status; its log: $log_file"
}

# Waits until the server with that process id answers on its admin port.
wait_ready() {
  local pid=$1 status waited=0
  until "$program" status --status.http.host-port="localhost:$admin_port" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" && status=0 || status=$?
      rm -f "$pid_file"
      explain_start_failure "$status"
    fi
    [ $((waited += 1)) -le 300 ] || fail "not ready within 60 s; its log: $log_file"
    sleep 0.2
  done
}

print_addresses() {
  local query http grpc
  query=$(port_of query.http-server.host-port :16686)
  http=$(port_of collector.http-server.host-port :14268)
  grpc=$(port_of collector.grpc-server.host-port :14250)
  cat <<TEXT

Pugmark is ready.
  query, JSON and a first page   http://localhost:$query/
  spans, Thrift over HTTP        http://localhost:$http/api/traces
  spans, gRPC PostSpans          localhost:$grpc
  spans, UDP                     localhost:$(port_of processor.jaeger-compact.server-host-port :6831) (compact), localhost:$(port_of processor.jaeger-binary.server-host-port :6832) (binary)
  sampling strategies            http://localhost:$(port_of http-server.host-port :5778)/sampling?service=NAME
  health and metrics             http://localhost:$admin_port/ and /metrics
  data                           $data

Send demo traces and look at one:
  ${bin#"$PWD"/}/pugmark-tracegen --protocol grpc --target localhost:$grpc
  curl -s 'http://localhost:$query/api/traces?service=frontend&limit=1'
Stop it: deploy/quickstart.sh --stop${data_argument:+ $data_argument}
TEXT
}

data_argument=''
[ "$data" = "$root/pugmark-data" ] || data_argument="--data $data"
admin_port=$(port_of admin.http.host-port :14269)

if [ -n "$stop" ]; then
  stop_server
  exit 0
fi
if pid=$(running_pid) && [ -z "$build_only" ]; then
  echo "the server already runs on $data (process $pid); nothing to do"
  print_addresses
  exit 0
fi
build_programs
if [ -n "$build_only" ]; then exit 0; fi

# Whoever answers there now would be taken for the server that is about to start.
if (: <"/dev/tcp/localhost/$admin_port") 2>/dev/null; then fail_taken "$admin_port"; fi

mkdir -p "$data" || fail "cannot make the data folder $data"
arguments=(--rocksdb.directory="$data/store" "${server_options[@]}")
step "starting $program on $data"
if [ -n "$foreground" ]; then exec "$program" "${arguments[@]}"; fi
: >"$log_file"
# A session of its own: it outlives this script and its terminal.
setsid "$program" "${arguments[@]}" >>"$log_file" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$pid_file"
wait_ready "$pid"
step "ready; log: $log_file"
print_addresses
