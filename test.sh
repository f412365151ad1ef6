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
passed=0 failed=0 skipped=0 started_lab=false finished=false
declare -A background=()    # what runs beside the tests: a word for it, and its process group

say() { printf '%s\n' "$*"; }
die() { say "test: $*"; exit 1; }
phase() { phase=$1 phase_started=$SECONDS; }
done_in() { printf '%-44s %4d s  %s\n' "$phase" $((SECONDS - phase_started)) "${1:-}"; }

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
  if "$@" >"$LOGS/check.log" 2>&1 </dev/null; then passed=$((passed + 1)); else failed=$((failed + 1)); say "FAILED $name"; cat "$LOGS/check.log"; fi
}

scripts() {
  phase "scripts"
  local shell_scripts=(build.sh test.sh demo.sh .ci/run lab/lab lab/parts/*.sh) f
  for f in "${shell_scripts[@]}"; do check "bash -n $f" bash -n "$f"; done
  check shellcheck shellcheck --external-sources --severity=warning "${shell_scripts[@]}"
  while read -r f; do check "python $f" python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$f"; done < <(git ls-files '*.py')
  done_in
}

build() { # SOLUTION WHAT
  phase "building $2"
  dotnet build "$1" --configuration $CONFIGURATION --verbosity quiet --nologo -nodeReuse:false >"$LOGS/build.log" 2>&1 </dev/null ||
    { grep -E 'error|warn' "$LOGS/build.log" | sort -u | head -40; die "the build failed; see $LOGS/build.log"; }
  done_in
}

run() { # KIND LONGEST-SECONDS: one test program; its own summary is what counts
  local kind=$1 project=${PROJECTS[$1]} log=$LOGS/$1.log counts total errors fails skips code=0
  phase "$kind tests"
  # Twice as many at once as there are processors: most of the time a test waits for what it has started. There is one laptop, though.
  local at_once=(-maxThreads 2.0x)
  [ "$kind" != end-to-end ] || at_once=(-parallel none)
  timeout --kill-after=20 "$2" "tests/$project/bin/$CONFIGURATION/net10.0/$project" -noColor -noLogo -longRunning 60 "${at_once[@]}" -trx "$LOGS/$kind.trx" "${runner_arguments[@]}" \
    >"$log" 2>&1 </dev/null || code=$?
  counts=$(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/p' "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    failed=$((failed + 1)); tail -n 20 "$log"
    done_in "ended with $code and without a summary (124: not done in $2 s); see $log"
    return
  fi
  local not_run
  read -r total errors fails skips not_run <<< "$counts"
  [ "$fails" -gt 0 ] || [ "$errors" -gt 0 ] || [ $code -eq 0 ] || errors=1
  if [ -n "${CI:-}" ] && [ "$skips" -gt 0 ]; then
    say "skipped, which in CI is a failure:"; grep -F '[SKIP]' -A 1 "$log" | sed 's/^/  /'
    fails=$((fails + skips)) skips=0
  fi
  passed=$((passed + total - not_run - fails - skips)) failed=$((failed + fails + errors)) skipped=$((skipped + skips))
  grep -F '[FAIL]' -A 14 "$log" || true
  done_in "$((total - not_run - fails - skips)) passed, $((fails + errors)) failed, $skips skipped"
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

start_lab() {
  if [ -f /var/lib/lab/admin.kubeconfig ] && [ -z "${CI:-}" ] && lab/lab status >/dev/null 2>&1; then say "using the lab that is up"; return; fi
  started_lab=true
  beside lab fresh_lab
}

[ "$(id -u)" = 0 ] || die "needs root, for network namespaces and the lab; for the unit tests alone: dotnet run --project tests/Landline.Tests"
dotnet --version >/dev/null 2>&1 || die "the .NET 10 SDK is missing; install it first (package dotnet-sdk-10.0, or see https://dot.net)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
# One compiler for all projects takes a third of the time of one for each. It ends by itself when nobody has asked it for ten minutes.
export UseSharedCompilation=true
# The test programs run for a minute: instrumenting their code for a better compilation later costs a fifth of their processor time.
export DOTNET_TieredPGO=0
rm -rf "$LOGS"; mkdir -p "$LOGS"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

packages
if wanted end-to-end; then start_lab; fi
if wanted functional; then unpack_resolved; fi
if wanted scripts; then scripts; fi
# Linking the programs has a priority below every other, so that it takes the time that the compiler and the tests leave, some of which are about time.
if wanted end-to-end; then build Programs.slnf "the programs"; beside artifacts chrt --idle 0 ./build.sh --image; fi
if wanted unit || wanted functional || wanted end-to-end; then build Landline.slnx "the tests"; fi
if wanted unit; then run unit 600; fi
if wanted functional; then run functional 900; fi
if wanted end-to-end; then
  await artifacts "the programs and the image"
  await lab "the lab"
  run end-to-end 2400
fi
finished=true
