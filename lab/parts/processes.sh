# Starting, finding and stopping the lab's processes. Sourced by lab.
# shellcheck shell=bash

die() { echo "lab: $*" >&2; exit 1; }
say() { echo "lab: $*" >&2; }

in_ns() { local n=$1; shift; nsenter --net=/run/netns/"$n" "$@"; }   # only the network changes: mounts and cgroups stay

# A mount namespace that lasts as long as the lab.
mount_namespace() { # HOST PROPAGATION COMMAND...: HOST's, kept as run/HOST-mounts; COMMAND makes it ready, in HOST's network
  local host=$1 propagation=$2 file=$STATE/run/$1-mounts; shift 2
  mountpoint -q "$file" 2>/dev/null && return
  touch "$file"
  in_ns "$host" unshare --mount="$file" --propagation "$propagation" "$@" </dev/null
}

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }   # tells a process from a later one with its id

alive() { # NAME: is the process that `start NAME` started still there?
  local pid since
  read -r pid since 2>/dev/null < "$STATE/run/$1.pid" && [ -n "$since" ] && [ "$(started_at "$pid")" = "$since" ]
}

start() { # NAME NAMESPACE COMMAND...: in the background, in a session of its own, with none of our caller's descriptors
  local name=$1 ns=$2; shift 2
  alive "$name" && return
  (
    for descriptor in /proc/self/fd/*; do
      descriptor=${descriptor##*/}
      [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
    done
    # Memory for processor time: the cluster's programs are all written in Go, and collect garbage for a tenth of what they do.
    export GOGC=${GOGC:-400}
    cd /        # whoever looks at a process's folder should not take it for one of the repository
    exec setsid nsenter --net=/run/netns/"$ns" "$@"
  ) >>"$STATE/log/$name.log" 2>&1 </dev/null &
  echo "$! $(started_at $!)" > "$STATE/run/$name.pid"
}

await() { # SECONDS PROCESS WHAT COMMAND...: until COMMAND succeeds; fails at once when PROCESS (or -) has died
  local deadline=$((SECONDS + $1)) process=$2 what=$3; shift 3
  until "$@" >/dev/null 2>&1; do
    if [ "$process" != - ] && ! alive "$process"; then
      tail -n 5 "$STATE/log/$process.log" >&2
      die "$process ended; see $STATE/log/$process.log"
    fi
    [ $SECONDS -lt $deadline ] || die "$what did not come up in time; see $STATE/log"
    sleep 0.1
  done
}

stop() { # NAME [SIGNAL]: ask, and insist after five seconds
  alive "$1" || return 0
  local pid rest; read -r pid rest < "$STATE/run/$1.pid"
  kill -s "${2:-TERM}" "$pid" 2>/dev/null || return 0
  for _ in $(seq 50); do alive "$1" || return 0; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
}
