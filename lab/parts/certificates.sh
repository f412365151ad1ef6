# The cluster's authority, certificates and kubeconfigs. Sourced by lab.
# shellcheck shell=bash

issue() { # NAME SUBJECT [SAN]: NAME.crt, NAME.key and the kubeconfig, unless they are there
  [ -f "$STATE/$1.kubeconfig" ] && [ -f "$STATE/pki/$1.crt" ] && return
  local in=$STATE/pki
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$in/$1.key" -out "$in/$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$in/$1.csr" -CA "$in/ca.crt" -CAkey "$in/ca.key" -CAcreateserial -days 3650 -out "$in/$1.crt" \
    -extfile <(echo "subjectAltName=${3:-DNS:$1}") 2>/dev/null
  kubeconfig_for "$1" > "$STATE/.$1.kubeconfig"
  mv "$STATE/.$1.kubeconfig" "$STATE/$1.kubeconfig"
}

kubeconfig_for() { # CERTIFICATE > file
  local in=$STATE/pki
  cat <<K
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://$API:6443", certificate-authority-data: "$(base64 -w0 "$in/ca.crt")"}}]
users: [{name: $1, user: {client-certificate-data: "$(base64 -w0 "$in/$1.crt")", client-key-data: "$(base64 -w0 "$in/$1.key")"}}]
contexts: [{name: lab, context: {cluster: lab, user: $1, namespace: default}}]
current-context: lab
K
}

certificates() { # all but the admin's, whose kubeconfig is the sign that the lab is up
  mkdir -p "$STATE/pki"
  if [ ! -f "$STATE/pki/ca.crt" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$STATE/pki/ca.key" -out "$STATE/pki/ca.crt" -days 3650 -subj /CN=lab-ca 2>/dev/null
    openssl ecparam -name prime256v1 -genkey -noout -out "$STATE/pki/sa.key"
  fi
  local names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost
  issue apiserver /CN=kube-apiserver "$names,IP:10.96.0.1,IP:$API,IP:127.0.0.1"
  issue operator /O=system:masters/CN=admin       # what the lab itself uses
  issue developer /O=developers/CN=developer      # a user with no rights until a test grants some
  issue controller-manager /CN=system:kube-controller-manager
  issue scheduler /CN=system:kube-scheduler
  issue proxy /CN=system:kube-proxy
  local n
  for n in $(seq "$NODES"); do issue "node$n" "/O=system:nodes/CN=system:node:node$n" "DNS:node$n,IP:198.51.100.$n"; done
}

user() { # NAME [GROUP]
  [[ ${1:-} =~ ^[a-z][a-z0-9-]*$ ]] || die "a user's name has lower-case letters, digits and dashes"
  issue "$1" "/O=${2:-developers}/CN=$1"
  echo "$STATE/$1.kubeconfig"
}
