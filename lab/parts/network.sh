# The switch and the hosts on it: one network namespace each. Sourced by lab.
# shellcheck shell=bash

namespaces() { ip netns list 2>/dev/null | awk '{print $1}'; }
node_numbers() { find "$STATE" -maxdepth 1 -type d -name 'node[0-9]*' 2>/dev/null | grep -oE '[0-9]+$' | sort -n || true; }

host() { # NAME ADDRESS [IPV6-ADDRESS]: a namespace with one leg on the switch
  [ -e "/run/netns/$1" ] || ip netns add "$1"
  if ! ip -n "$1" link show eth0 >/dev/null 2>&1; then
    ip -n lab-switch link del "e-$1" 2>/dev/null || true
    ip -n lab-switch link add "e-$1" type veth peer name eth0 netns "$1"
  fi
  ip -n lab-switch link set "e-$1" master br0 up
  ip -n "$1" addr replace "$2/24" dev eth0
  [ -z "${3:-}" ] || ip -n "$1" addr replace "$3/64" dev eth0 nodad
  ip -n "$1" link set eth0 up; ip -n "$1" link set lo up
}

once() { # IPTABLES NAMESPACE TABLE CHAIN RULE...: append a rule that is not there yet
  local iptables=$1 ns=$2 table=$3 chain=$4; shift 4
  in_ns "$ns" "$iptables" -w -t "$table" -C "$chain" "$@" 2>/dev/null || in_ns "$ns" "$iptables" -w -t "$table" -A "$chain" "$@"
}

network() {
  [ -e /proc/sys/net/ipv6 ] || die "the kernel has no IPv6, which the cluster has too; start it without ipv6.disable=1"
  [ -e /run/netns/lab-switch ] || ip netns add lab-switch
  ip -n lab-switch link show br0 >/dev/null 2>&1 || ip -n lab-switch link add br0 type bridge
  ip -n lab-switch link set br0 up
  local n m
  for n in $(seq "$NODES"); do
    host "node$n" "198.51.100.$n" "2001:db8:100::$n"
    in_ns "node$n" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1 net.ipv6.conf.all.forwarding=1
    in_ns "node$n" sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 2>/dev/null || true
  done
  # The laptop has IPv4 only, as most have: its way to the cluster's IPv6 addresses is the product.
  # A link that is cut or slow stays as it is: `lab up` on a running lab repairs what is missing, nothing else.
  [ -e /run/netns/laptop ] || host laptop "$LAPTOP"
  host cloud "$CLOUD" "$CLOUD6"
  for n in $(seq "$NODES"); do
    for m in $(seq "$NODES"); do
      [ "$n" != "$m" ] || continue
      ip -n "node$n" route replace "10.244.$m.0/24" via "198.51.100.$m"
      ip -n "node$n" route replace "fd00:10:244:$m::/64" via "2001:db8:100::$m"
    done
    # kube-proxy needs a default route to send service addresses through its rules
    ip -n "node$n" route replace default via "$CLOUD"
    ip -n "node$n" -6 route replace default via "$CLOUD6"
    # what comes from the laptop is never routed into the cluster
    once iptables "node$n" raw PREROUTING -s "$LAPTOP" -d 10.0.0.0/8 -j DROP
    ip -n cloud route replace "10.244.$n.0/24" via "198.51.100.$n"
    ip -n cloud route replace "fd00:10:244:$n::/64" via "2001:db8:100::$n"
  done
  once iptables cloud filter INPUT -s "$LAPTOP" -j DROP
}
