#!/usr/bin/env bash
# test.sh - every test of this repository, on one Debian machine with root and the .NET 10 SDK.
#
#   ./test.sh                 installs what is missing, builds, brings the lab up, runs unit, functional and end-to-end tests
#   ./test.sh unit            one kind only: unit, functional, end-to-end or scripts (several may be given)
#   ./test.sh end-to-end -- -class '*TcpTests'    what follows -- goes to the test programs
#
# The lab is taken down again at the end, unless it was up before: then it is used as it is and stays. With CI set it is always
# brought up afresh, and a test that skips itself counts as failed. Full logs: artifacts/test-logs. Last line: N passed, N failed, N skipped.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")"
LOGS=artifacts/test-logs
CONFIGURATION=Release
# What the tests need; what the lab needs it installs by itself.
PACKAGES=(sudo sshfs nftables conntrack iproute2 iputils-ping dnsutils iperf3 wrk socat tmux tcsh zsh fish dbus-daemon dbus-system-bus-common curl unzip python3 python3-dnslib python3-grpcio openssl shellcheck ca-certificates)
declare -A PROJECTS=([unit]=Landline.Tests [functional]=Landline.FunctionalTests [end-to-end]=Landline.EndToEndTests)
# In front of a command: a machine on which no connection changed the resolver.
WITHOUT_JOURNALS=(unshare --mount --propagation private sh -ec
  'for folder in /run/landline /var/lib/landline; do mkdir -p $folder; mount -t tmpfs -o mode=0755 tmpfs $folder; done; exec "$@"' sh)
passed=0 failed=0 skipped=0 failures=() started_lab=false finished=false
declare -A background=()    # what runs beside the tests: a word for it, and its process group

say() { printf '%s\n' "$*"; }
die() { say "test: $*"; exit 1; }
phase() { phase=$1 phase_started=$SECONDS; }
line() { printf '%-44s %4d s  %s\n' "$1" "$2" "${3:-}"; }
done_in() { line "$phase" $((SECONDS - phase_started)); }

kinds=() runner_arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    unit | functional | end-to-end | scripts) kinds+=("$1") ;;
    --) shift; runner_arguments=("$@"); break ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) say "test: what is $1? See ./test.sh --help"; exit 2 ;;
  esac
  shift
done
[ ${#kinds[@]} -gt 0 ] || kinds=(scripts unit functional end-to-end)
wanted() { [[ " ${kinds[*]} " == *" $1 "* ]]; }

# Whatever happens, the lab that this run brought up is taken down, and the last line is the sum.
# shellcheck disable=SC2317,SC2329
finish() {
  local code=$?
  trap - EXIT; trap '' INT TERM HUP
  local group
  for group in "${background[@]}"; do kill -- "-$group" 2>/dev/null || true; wait "$group" 2>/dev/null || true; done
  if [ -n "${CI:-}" ]; then dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 </dev/null || true; fi
  if $started_lab; then phase "lab down"; lab/lab down >"$LOGS/lab-down.log" 2>&1 9>&- || failed=$((failed + 1)); done_in; fi
  $finished || { [ $code -eq 0 ] && code=1; say "test: stopped before the end"; }
  [ "$failed" -eq 0 ] || code=1
  # Once more by name, where they are not lost among what each has to tell.
  [ ${#failures[@]} -eq 0 ] || { say "failed:"; printf '  %s\n' "${failures[@]}"; }
  say "logs: $LOGS"
  say "$passed passed, $failed failed, $skipped skipped"
  exit "$code"
}

packages() {
  local missing=() p
  for p in "${PACKAGES[@]}"; do [ "$(dpkg-query -Wf '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p"); done
  ((${#missing[@]})) || return 0
  phase "installing ${#missing[@]} packages"
  { apt-get -o DPkg::Lock::Timeout=300 update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"; } >"$LOGS/apt.log" 2>&1 </dev/null ||
    { tail -n 5 "$LOGS/apt.log"; die "apt could not install ${missing[*]}"; }
  done_in
}

# Tests start Debian's systemd-resolved in namespaces of their own; installed, it would take this machine's names over.
unpack_resolved() {
  local into=artifacts/systemd-resolved
  [ ! -d $into ] || return 0
  phase "unpacking systemd-resolved"
  rm -rf $into.new; mkdir -p $into.new/packages
  { (cd $into.new/packages && { apt-get download -qq systemd-resolved libsystemd-shared || { apt-get -o DPkg::Lock::Timeout=300 update -qq && apt-get download -qq systemd-resolved libsystemd-shared; }; }) &&
    for package in $into.new/packages/*.deb; do dpkg-deb --extract "$package" $into.new; done; } >"$LOGS/apt.log" 2>&1 </dev/null ||
    { tail -n 5 "$LOGS/apt.log"; die "systemd-resolved could not be fetched"; }
  mv $into.new $into
  done_in
}

check() { # NAME COMMAND...: counts as one test
  local name=$1; shift
  if "$@" >"$LOGS/check.log" 2>&1 </dev/null; then passed=$((passed + 1)); else failed=$((failed + 1)); failures+=("$name"); say "FAILED $name"; cat "$LOGS/check.log"; fi
}

scripts() {
  phase "scripts"
  local shell_scripts=(build.sh test.sh demo.sh .ci/run demo/*.sh bench/*.sh bench/*/*.sh lab/lab lab/parts/*.sh tests/Landline.EndToEndTests/TestServer/build.sh) f
  for f in "${shell_scripts[@]}"; do check "bash -n $f" bash -n "$f"; done
  check shellcheck shellcheck --external-sources --severity=warning "${shell_scripts[@]}"
  while read -r f; do check "python $f" /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$f"; done < <(git ls-files '*.py')
  done_in
}

build() { # SOLUTION WHAT
  phase "building $2"
  dotnet build "$1" --configuration $CONFIGURATION --verbosity quiet --nologo -nodeReuse:false >"$LOGS/build.log" 2>&1 </dev/null ||
    { grep -E 'error|warn' "$LOGS/build.log" | sort -u | head -40; die "the build failed; see $LOGS/build.log"; }
  done_in
}

# One test program. Its report goes to KIND.log, and its exit code and seconds to KIND.ended.
execute() { # KIND LONGEST-SECONDS
  local kind=$1 project=${PROJECTS[$1]} started=$SECONDS code=0
  # Twice as many at once as there are processors: most of the time a test waits for what it has started. Half of that beside the
  # end-to-end tests, of which three share the one laptop, or one has it for itself.
  local at_once=2.0x
  if [ "$kind" = end-to-end ]; then at_once=3; elif wanted end-to-end; then at_once=1.0x; fi
  # A command puts the resolver back that a killed net helper left: the end-to-end tests kill some, and want to see for themselves.
  local machine=()
  if [ "$kind" = functional ]; then machine=("${WITHOUT_JOURNALS[@]}"); fi
  timeout --kill-after=20 "$2" "${machine[@]}" "tests/$project/bin/$CONFIGURATION/net10.0/$project" -noColor -noLogo -longRunning 60 -maxThreads "$at_once" -trx "$LOGS/$kind.trx" "${runner_arguments[@]}" \
    >"$LOGS/$kind.log" 2>&1 </dev/null || code=$?
  echo "$code $((SECONDS - started)) $2" >"$LOGS/$kind.ended"
}

count() { # KIND: the program's own summary is what counts
  local kind=$1 log=$LOGS/$1.log counts code seconds longest total errors fails skips not_run
  read -r code seconds longest <"$LOGS/$kind.ended"
  counts=$(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/p' "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    failed=$((failed + 1)); tail -n 20 "$log"
    line "$kind tests" "$seconds" "ended with $code and without a summary (124: not done in $longest s); see $log"
    return
  fi
  read -r total errors fails skips not_run <<< "$counts"
  [ "$fails" -gt 0 ] || [ "$errors" -gt 0 ] || [ "$code" -eq 0 ] || errors=1
  if [ -n "${CI:-}" ] && [ "$skips" -gt 0 ]; then
    say "skipped, which in CI is a failure:"; grep -F '[SKIP]' -A 1 "$log" | sed 's/^/  /'
    fails=$((fails + skips)) skips=0
  fi
  passed=$((passed + total - not_run - fails - skips)) failed=$((failed + fails + errors)) skipped=$((skipped + skips))
  grep -F '[FAIL]' -A 14 "$log" | cut -c 1-400 || true
  local name
  while read -r name; do failures+=("$name"); done < <(sed -n 's/^ *\(.*\) \[FAIL\]$/\1/p' "$log" | sort -u)
  line "$kind tests" "$seconds" "$((total - not_run - fails - skips)) passed, $((fails + errors)) failed, $skips skipped"
}

# What needs no cluster gets the time that the end-to-end tests leave once they run one at a time, and gives way to them.
execute_without_cluster() {
  if wanted end-to-end; then
    renice --priority 5 "$BASHPID" >/dev/null
    until [ -e "$LOGS/one-at-a-time" ] || [ -e "$LOGS/end-to-end.ended" ]; do sleep 0.5; done
  fi
  if wanted unit; then execute unit 1200; fi
  if wanted functional; then execute functional 1800; fi
}

# Beside the tests, in a process group of its own.
beside() { # WORD COMMAND...: its output goes to WORD.log
  local word=$1; shift
  set -m
  "$@" >"$LOGS/$word.log" 2>&1 </dev/null &
  background[$word]=$!
  set +m
}

await() { # WORD WHAT
  [ -n "${background[$1]:-}" ] || return 0
  phase "waiting for $2"
  wait "${background[$1]}" || { unset "background[$1]"; tail -n 20 "$LOGS/$1.log"; die "$2: failed; see $LOGS/$1.log"; }
  unset "background[$1]"
  done_in
}

fresh_lab() { lab/lab down && nice -n 15 lab/lab install && lab/lab up --nodes 2; }

# What the images are made of needs no cluster; on a new machine it is made while Kubernetes is built.
images() { lab/lab install-tools && ./build.sh --base && tests/Landline.EndToEndTests/TestServer/build.sh; }

start_lab() {
  if [ -f /var/lib/lab/admin.kubeconfig ] && [ -z "${CI:-}" ] && lab/lab status >/dev/null 2>&1; then say "using the lab that is up"; return; fi
  started_lab=true
  beside lab fresh_lab
  beside images images
}

[ "$(id -u)" = 0 ] || die "needs root, for network namespaces and the lab; for the unit tests alone: dotnet run --project tests/Landline.Tests"
dotnet --version >/dev/null 2>&1 || die "the .NET 10 SDK is missing; install it first (package dotnet-sdk-10.0, or see https://dot.net)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
# One compiler for all projects takes a third of the time of one for each. It ends by itself when nobody has asked it for ten minutes.
export UseSharedCompilation=true
# The test programs run for a minute: instrumenting their code for a better compilation later costs a fifth of their processor time.
# So does compiling all that was called thirty times; a thousand times (hexadecimal) tells what is worth it.
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=400
rm -rf "$LOGS"; mkdir -p "$LOGS"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

packages
if wanted end-to-end; then start_lab; fi
if wanted functional; then unpack_resolved; fi
if wanted scripts; then scripts; fi
if wanted end-to-end; then build Programs.slnf "the programs"; beside artifacts ./build.sh --image; fi
if wanted unit || wanted functional || wanted end-to-end; then build Landline.slnx "the tests"; fi
if wanted unit || wanted functional; then beside others execute_without_cluster; fi
if wanted end-to-end; then
  await images "what the images are made of"
  await artifacts "the programs and the image"
  await lab "the lab"
fi
if wanted end-to-end; then execute end-to-end 2400; fi
await others "the tests without a cluster"
for kind in unit functional end-to-end; do if wanted $kind; then count $kind; fi; done
finished=true
