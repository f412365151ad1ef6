# The developer's machine: its mounts and resolver, its link, its Docker. Sourced by lab.
# shellcheck shell=bash

# What one `lab laptop` mounts (a workload's files, say) the next one sees; resolv.conf is bind-mounted as in many containers.
laptop_files() {
  mkdir -p /etc/netns/laptop
  [ -f /etc/netns/laptop/resolv.conf ] || echo "nameserver 127.0.0.53" > /etc/netns/laptop/resolv.conf
  [ -f /etc/netns/laptop/hosts ] || echo "127.0.0.1 localhost laptop" > /etc/netns/laptop/hosts
  # /sys must show this network's devices; the cgroups stay those of the machine.
  # shellcheck disable=SC2016
  mount_namespace laptop slave sh -euc '
    mount --bind /etc/netns/laptop/hosts /etc/hosts
    mount --bind /etc/netns/laptop/resolv.conf /etc/resolv.conf
    mkdir -p /run/lab-sys; mount -t sysfs sysfs /run/lab-sys
    if [ -d /sys/fs/cgroup ]; then mount --rbind /sys/fs/cgroup /run/lab-sys/fs/cgroup; fi
    mount --move /run/lab-sys /sys 2>/dev/null || umount -lR /run/lab-sys
    rmdir /run/lab-sys'
}

on_laptop() {
  export KUBECONFIG=${KUBECONFIG:-$STATE/admin.kubeconfig} PATH=$PATH:$BIN
  exec nsenter --net=/run/netns/laptop --mount="$STATE/run/laptop-mounts" --wdns="$PWD" "$@"
}

on_laptop_as() { # USER COMMAND...: with the user's own groups, home and no variables of root's session
  local user=$1 home; shift
  home=$(getent passwd "$user" | cut -d: -f6)
  [ -n "$home" ] || die "the machine has no user $user"
  local keep=(HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash LANG=C.UTF-8 TERM="${TERM:-dumb}"
    PATH="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:$BIN" KUBECONFIG="${KUBECONFIG:-$STATE/admin.kubeconfig}")
  local name
  for name in $(compgen -e | grep -E '^(LANDLINE|DOTNET)_' || true); do keep+=("$name=${!name}"); done
  exec nsenter --net=/run/netns/laptop --mount="$STATE/run/laptop-mounts" --wdns="$PWD" \
    setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -i "${keep[@]}" "$@"
}

# A link that is up does not carry packets at once: the kernel tells its carrier later, and failed neighbours are remembered for
# a moment. Whoever heals the link wants to use it.
laptop_reaches_api() { await 15 - "the laptop's way to the API server" in_ns laptop timeout 3 bash -c "exec 3<>/dev/tcp/$API/6443"; }

heal() { ip -n lab-switch link set "$(laptop_leg)" up; laptop_reaches_api; }

laptop_leg() { if [ -f "$STATE/run/slowlink.pid" ]; then echo e-slow; else echo e-laptop; fi; }

break_port_forward() { # the kernel sends each side a reset, as when a load balancer before the API server forgets its connections
  in_ns node1 ss --tcp --kill --no-header state established "src $API:6443 and dst $LAPTOP" | wc -l |
    { read -r count; say "reset $count connections"; }
}

# The laptop's veth gives way to a pair of TAP devices joined by slowlink; addresses and routes stay the same.
link() {
  local delay=0 loss=0 rate=0 off=false
  while [ $# -gt 0 ]; do
    case $1 in
      off) off=true; shift; continue ;;
      --delay) delay=${2%ms} ;; --loss) loss=${2%\%} ;; --rate) rate=${2%mbit} ;; *) die "link: what is $1?" ;;
    esac
    shift 2
  done
  stop slowlink; rm -f "$STATE/run/slowlink.pid" "$STATE/log/slowlink.log"
  if $off; then
    ip -n laptop addr replace "$LAPTOP/24" dev eth0
    ip -n lab-switch link set e-laptop up; ip -n laptop link set eth0 up
    laptop_reaches_api
    return
  fi
  [ -x "$CACHE/slowlink" ] && [ "$CACHE/slowlink" -nt "$HERE/slowlink.c" ] || gcc -O2 -pthread -o "$CACHE/slowlink" "$HERE/slowlink.c"
  start slowlink lab-switch "$CACHE/slowlink" laptop slow0 lab-switch e-slow "$delay" "$loss" "$rate"
  await 5 slowlink slowlink grep -q ready "$STATE/log/slowlink.log"
  ip -n lab-switch link set e-laptop down; ip -n lab-switch link set e-slow master br0 up
  ip -n laptop addr flush dev eth0; ip -n laptop link set slow0 up; ip -n laptop addr replace "$LAPTOP/24" dev slow0
  [ "${loss%.*}" -ge 100 ] || laptop_reaches_api
}

DOCKER=(/usr/bin/docker -H "unix://$STATE/docker/docker.sock")

docker_on_laptop() {
  install_packages docker.io
  mkdir -p "$STATE/docker"
  start docker laptop dockerd --data-root "$STATE/docker/data" --exec-root "$STATE/docker/exec" --pidfile "$STATE/docker/pid" -H "unix://$STATE/docker/docker.sock"
  await 30 docker "Docker" "${DOCKER[@]}" version
  in_ns laptop "${DOCKER[@]}" "$@"
}

stop_docker() {
  alive docker || return 0
  "${DOCKER[@]}" ps -q 2>/dev/null | xargs -r "${DOCKER[@]}" rm -f >/dev/null 2>&1 || true
}
