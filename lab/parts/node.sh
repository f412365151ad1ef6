# One node: its cgroup, containerd, kubelet and kube-proxy. Sourced by lab.
# shellcheck shell=bash

cgroups() { # NUMBER: a cgroup root per node, or one node's kubelet would remove the other's pods as orphans
  local d
  node_cgroups "$1"
  # Without this all pods of a node together would get as much of a busy machine as one of its other processes (shares 1024, weight 100).
  for d in lab "lab/node$1"; do
    echo 20480 2>/dev/null > "/sys/fs/cgroup/cpu/$d/cpu.shares" || echo 2000 2>/dev/null > "/sys/fs/cgroup/$d/cpu.weight" || true
  done
}

node_cgroups() { # NUMBER
  local c d
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/lab/node$1"
    for c in /sys/fs/cgroup /sys/fs/cgroup/lab; do sed 's/\([a-z_]*\)/+\1/g' "$c/cgroup.controllers" > "$c/cgroup.subtree_control" 2>/dev/null || true; done
    return
  fi
  for c in /sys/fs/cgroup/*/; do
    [ "$c" = /sys/fs/cgroup/unified/ ] && continue
    mkdir -p "$c/lab/node$1"
    [ -f "$c/cpuset.cpus" ] && for d in lab "lab/node$1"; do cat "$c/cpuset.cpus" > "$c/$d/cpuset.cpus"; cat "$c/cpuset.mems" > "$c/$d/cpuset.mems"; done
  done
  return 0
}

node_files() { # NUMBER
  local n=$1 d=$STATE/node$1
  mkdir -p "$d"/{cni,kubelet,containerd,log/pods,log/containers}
  cat > "$d/containerd.toml" <<C
version = 2
root = "$d/containerd/root"
state = "$d/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$d/containerd.sock"
[ttrpc]
  address = "$d/containerd.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:lab"
  restrict_oom_score_adj = true   # the machine may lack CAP_SYS_RESOURCE; without this no container starts
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$d/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
C
  cat > "$d/cni/10-bridge.conflist" <<C
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.$n.0/24"}], [{"subnet": "fd00:10:244:$n::/64"}]], "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}], "dataDir": "$d/ipam"}}]}
C
  echo "nameserver $DNS_IP" > "$d/resolv.conf"
  cat > "$d/kubelet.yaml" <<C
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/node$n.crt
tlsPrivateKeyFile: $STATE/pki/node$n.key
clusterDomain: cluster.local
clusterDNS: [$DNS_IP]
resolvConf: $d/resolv.conf
cgroupDriver: cgroupfs
cgroupRoot: /lab/node$n
podCIDR: 10.244.$n.0/24
failSwapOn: false
evictionHard: {imagefs.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%"}
featureGates: {LocalStorageCapacityIsolation: false, IPv6DualStack: true}
enforceNodeAllocatable: []
imageGCHighThresholdPercent: 100
maxPods: 200
# Quick rather than sparing: a test waits for most of what these pace.
syncFrequency: 2s
# Nobody asks for it, and it runs du and find for every volume every minute.
volumeStatsAggPeriod: -1s
kubeAPIQPS: 200
kubeAPIBurst: 400
eventRecordQPS: 0
serializeImagePulls: false
C
}

# A kubelet removes the logs of pods that it does not know, so each has folders of its own for them. Everything else stays shared
# with the machine as it is, /run/netns above all: what a pod's network is called there, `ip` wants to open.
node_mounts() { # NUMBER
  # shellcheck disable=SC2016
  mount_namespace "node$1" unchanged sh -euc '
    mount --make-private "$(findmnt --noheadings --output TARGET --target /var/log)"
    for folder in pods containers; do mkdir -p /var/log/$folder; mount --bind "$1/$folder" /var/log/$folder; done' sh "$STATE/node$1/log"
}

node() { # NUMBER: start what of the node is not running; returns before it is ready
  local n=$1 d=$STATE/node$1 on_node
  cgroups "$n"
  node_files "$n"
  node_mounts "$n"
  on_node=(nsenter --mount="$STATE/run/node$n-mounts")
  start "containerd$n" "node$n" "${on_node[@]}" containerd -c "$d/containerd.toml"
  start "proxy$n" "node$n" "$BIN/kube-proxy" --kubeconfig="$STATE/proxy.kubeconfig" --hostname-override="node$n" --cluster-cidr=$POD_CIDR --proxy-mode=iptables \
    --feature-gates=EndpointSliceProxying=false,IPv6DualStack=true --iptables-min-sync-period=100ms --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0s --conntrack-tcp-timeout-close-wait=0s --healthz-bind-address=127.0.0.1:10256
  await 30 "containerd$n" "containerd on node$n" ctr -a "$d/containerd.sock" version
  start "sandboxes$n" "node$n" /usr/bin/python3 "$HERE/sandbox-sweeper.py" --socket "$d/containerd.sock"
  ctr -a "$d/containerd.sock" -n k8s.io images import "$CACHE/pause.tar" >/dev/null
  start "kubelet$n" "node$n" "${on_node[@]}" "$BIN/kubelet" --config="$d/kubelet.yaml" --kubeconfig="$STATE/node$n.kubeconfig" --root-dir="$d/kubelet" \
    --hostname-override="node$n" --node-ip="198.51.100.$n" --container-runtime=remote --container-runtime-endpoint="unix://$d/containerd.sock" --network-plugin=cni --housekeeping-interval=60s
}
