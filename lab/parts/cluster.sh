# The whole cluster: up, down, status, and its DNS server. Sourced by lab.
# shellcheck shell=bash

kubectl() { in_ns node1 "$BIN/kubectl" --kubeconfig "$STATE/operator.kubeconfig" "$@"; }
ready() { [ "$(kubectl get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; }

up() {
  NODES=$(node_numbers | wc -l); [ "$NODES" -gt 0 ] || NODES=2
  [ "${1:-}" != --nodes ] || NODES=$2
  [[ $NODES =~ ^[1-9]$ ]] || die "--nodes takes a number from 1 to 9"
  install
  mkdir -p "$STATE"/{run,log,etcd} "$CACHE"
  # A mount namespace can be kept as a file only on a mount that does not propagate.
  mountpoint -q "$STATE/run" || { mount --bind "$STATE/run" "$STATE/run"; mount --make-private "$STATE/run"; }
  [ -f "$CACHE/pause.tar" ] || imaging pause_image
  touch "$STATE/cloud.hosts" "$STATE/laptop.hosts"
  network
  certificates
  control_plane
  local n nodes=()
  for n in $(seq "$NODES"); do node "$n" & nodes+=($!); done
  for n in "${nodes[@]}"; do wait "$n" || die "a node did not start"; done
  cluster_dns
  laptop_files
  start laptop-dns laptop /usr/bin/python3 "$HERE/dns-server.py" --listen 127.0.0.53:53 --hosts "$STATE/laptop.hosts"
  for n in $(seq "$NODES"); do await 60 "kubelet$n" "node$n" ready "node$n"; done
  await 30 dns "the cluster's DNS" dig_answers -p 5353 @$API
  await 30 proxy1 "the cluster's DNS service" dig_answers @$DNS_IP
  await 30 controller-manager "the default service account" kubectl get serviceaccount default
  sed 's/operator/admin/g' "$STATE/operator.kubeconfig" > "$STATE/.admin" && mv "$STATE/.admin" "$STATE/admin.kubeconfig"
  say "up: KUBECONFIG=$STATE/admin.kubeconfig, valid inside 'lab laptop' and 'lab kubectl'"
}

dig_answers() { [ -n "$(in_ns node1 dig +short +timeout=1 +tries=1 "$@" kubernetes.default.svc.cluster.local)" ]; }

control_plane() {
  start etcd node1 etcd --data-dir "$STATE/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync
  start apiserver node1 "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range=$SERVICE_CIDR --advertise-address=$API \
    --client-ca-file="$STATE/pki/ca.crt" --tls-cert-file="$STATE/pki/apiserver.crt" --tls-private-key-file="$STATE/pki/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$STATE/pki/sa.key" --service-account-signing-key-file="$STATE/pki/sa.key" \
    --kubelet-client-certificate="$STATE/pki/operator.crt" --kubelet-client-key="$STATE/pki/operator.key" --kubelet-preferred-address-types=InternalIP \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true --feature-gates=EphemeralContainers=true,IPv6DualStack=true
  await 60 apiserver "the API server" kubectl get --raw /readyz
  start controller-manager node1 "$BIN/kube-controller-manager" --kubeconfig="$STATE/controller-manager.kubeconfig" --use-service-account-credentials --leader-elect=false \
    --kube-api-qps=200 --kube-api-burst=400 --feature-gates=IPv6DualStack=true \
    --service-account-private-key-file="$STATE/pki/sa.key" --root-ca-file="$STATE/pki/ca.crt" --cluster-signing-cert-file="$STATE/pki/ca.crt" --cluster-signing-key-file="$STATE/pki/ca.key"
  start scheduler node1 "$BIN/kube-scheduler" --kubeconfig="$STATE/scheduler.kubeconfig" --leader-elect=false --kube-api-qps=200 --kube-api-burst=400
  kubectl get clusterrolebinding lab-proxy >/dev/null 2>&1 || kubectl create clusterrolebinding lab-proxy --clusterrole=system:node-proxier --user=system:kube-proxy >/dev/null
}

# The cluster's DNS server runs as a process on node1 behind the usual kube-dns service address.
cluster_dns() {
  kubectl apply -f - >/dev/null <<K
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns, kubernetes.io/name: KubeDNS}}
spec:
  clusterIP: $DNS_IP
  ports: [{name: dns, port: 53, targetPort: 5353, protocol: UDP}, {name: dns-tcp, port: 53, targetPort: 5353, protocol: TCP}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: kube-dns, namespace: kube-system}
subsets: [{addresses: [{ip: $API}], ports: [{name: dns, port: 5353, protocol: UDP}, {name: dns-tcp, port: 5353, protocol: TCP}]}]
K
  start dns node1 /usr/bin/python3 "$HERE/dns-server.py" --listen $API:5353 --hosts "$STATE/cloud.hosts" --pki "$STATE/pki" --server "$API:6443"
}

add_record() { # FILE NAME TYPE DATA
  [ -n "${2:-}" ] && [ -n "${4:-}" ] || die "a record needs a name and a value"
  grep -qxF -- "$2 $3 $4" "$STATE/$1" 2>/dev/null || echo "$2 $3 $4" >> "$STATE/$1"
}

add_host() { # FILE NAME ADDRESS
  case ${3:-} in *:*) add_record "$1" "$2" AAAA "$3" ;; *) add_record "$1" "$2" A "${3:-}" ;; esac
}

forget_host() { # FILE NAME
  [ -n "${2:-}" ] || die "whose addresses?"
  awk -v name="$2" '!($1 == name && ($2 == "A" || $2 == "AAAA"))' "$STATE/$1" > "$STATE/.$1" && mv "$STATE/.$1" "$STATE/$1"
}

pod_netns() { # NAMESPACE POD [COMMAND...]
  local ns=$1 pod=$2 node id pid; shift 2
  read -r node id < <(kubectl -n "$ns" get pod "$pod" -o 'jsonpath={.spec.nodeName} {.status.containerStatuses[0].containerID}') || true
  [[ ${id:-} == containerd://* ]] || die "pod $ns/$pod has no container yet"
  pid=$(ctr -a "$STATE/$node/containerd.sock" -n k8s.io task ls | awk -v id="${id#containerd://}" '$1 == id {print $2}')
  [ -n "$pid" ] || die "the container of pod $ns/$pod is not running"
  [ $# -gt 0 ] || { echo "$pid"; return; }
  exec nsenter --target "$pid" --net "$@"
}

status() {
  local f name bad=0
  for f in "$STATE"/run/*.pid; do
    name=$(basename "$f" .pid)
    if alive "$name"; then echo "$name runs"; else echo "$name has ended; see $STATE/log/$name.log"; bad=1; fi
  done
  kubectl get nodes -o wide && kubectl get pods -A -o wide || bad=1
  return $bad
}

down() { # works from any state: every step looks at what there is, not at what should be
  local f ns pid d
  if [ ! -d "$STATE" ] && [ ! -e /run/netns/lab-switch ]; then say "nothing to stop"; return; fi
  rm -f "$STATE/admin.kubeconfig"
  stop_docker
  # Nobody ends in an orderly way, which a server puts off while anybody watches it: their data goes too.
  for f in "$STATE"/run/*.pid; do [ ! -e "$f" ] || stop "$(basename "$f" .pid)" KILL & done
  wait
  # Whatever is left: shims, processes of pods, and what runs on the hosts (a daemon on the laptop, a database in the cloud).
  for _ in $(seq 50); do
    for pid in $(pgrep -f "^/usr/bin/containerd-shim-runc-v2 .*-address $STATE/" || true); do kill -9 "$pid" 2>/dev/null || true; done
    for d in /sys/fs/cgroup/lab /sys/fs/cgroup/*/lab; do
      [ ! -d "$d" ] || find "$d" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -9 2>/dev/null || true
    done
    for ns in $(namespaces | grep -xE 'node[0-9]+|laptop|cloud|lab-switch' || true); do
      ip netns pids "$ns" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    done
    awk -v s="$STATE/" 'index($2, s) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount -l 2>/dev/null || true
    for d in /sys/fs/cgroup/lab /sys/fs/cgroup/*/lab; do [ ! -d "$d" ] || find "$d" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
    grep -q " $STATE/" /proc/mounts || ls -d /sys/fs/cgroup/lab /sys/fs/cgroup/*/lab >/dev/null 2>&1 || break
    sleep 0.1
  done
  # What a killed shim leaves outside of its node's folders: its socket and what runc noted.
  for d in "$STATE"/node*/containerd/state/io.containerd.runtime.v2.task/k8s.io/*/; do
    [ ! -f "$d/address" ] || rm -f "$(sed 's#^unix://##' "$d/address")"
    [ ! -d "$d" ] || rm -rf "/run/containerd/runc/k8s.io/$(basename "$d")"
  done
  for ns in $(namespaces | grep -xE 'cni-[0-9a-f-]+|node[0-9]+|laptop|cloud|lab-switch' || true); do ip netns del "$ns" || true; done
  rm -rf /etc/netns/laptop /etc/netns/cloud /etc/netns/node[0-9]*
  rmdir /etc/netns /var/log/pods /var/log/containers 2>/dev/null || true
  grep -q " $STATE/" /proc/mounts && die "something below $STATE is still mounted"
  rm -rf --one-file-system "$STATE"
  say "down"
}
