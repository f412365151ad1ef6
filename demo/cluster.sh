# The cluster that the demo runs in: the lab, or the one that KUBECONFIG names. Sourced by demo.sh.
# shellcheck shell=bash

if [ -n "${KUBECONFIG:-}" ]; then
  OWN_CLUSTER=true
  IMAGE=python:3-slim
  START='pip install --quiet --no-cache-dir --target /tmp/packages psycopg2-binary \&\& export PYTHONPATH=/tmp/packages \&\&'
  DATABASE_HOST=database
  LANDLINE_IMAGE=${LANDLINE_IMAGE:-localhost/landline:dev}
  ON_WORKSTATION=()
  kubectl() { command kubectl "$@"; }
else
  OWN_CLUSTER=false
  IMAGE=localhost/landline-demo:dev
  START=''
  DATABASE_HOST=somewhere.someplace.cloud.example.com
  LANDLINE_IMAGE=localhost/landline:dev
  ON_WORKSTATION=(lab/lab laptop)
  kubectl() { lab/lab kubectl "$@"; }
fi

LAB_MARK=/var/lib/lab/started-by-the-demo      # a lab that was up before stays up afterwards; the mark goes with the lab

workstation() { "${ON_WORKSTATION[@]}" "$@"; }          # a command on the developer's machine
landline() { workstation "$PROGRAM" "$@"; }

packages() { # what the demo itself needs; the lab brings its own
  local missing=() p
  for p in "$@"; do [ "$(dpkg-query -Wf '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p"); done
  ((${#missing[@]})) || return 0
  # The server is started by the demo in a data folder of its own; Debian need not make one.
  mkdir -p /etc/postgresql-common/createcluster.d
  echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/landline-demo.conf
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"
}

lab_up() {
  [ -f /var/lib/lab/admin.kubeconfig ] || { mkdir -p "${LAB_MARK%/*}" && touch "$LAB_MARK"; }
  lab/lab up --nodes 2
}

demo_image() {
  local folder; folder=$(mktemp -d)
  cp demo/Dockerfile "$folder/"
  lab/lab base-image --as localhost/landline-demo-base:bookworm python3 python3-psycopg2
  lab/lab image "$IMAGE" "$folder" artifacts/demo-image.tar --build-arg BASE=localhost/landline-demo-base:bookworm
  rm -rf "$folder"
}

deploy() {
  kubectl create namespace "$NAMESPACE" --dry-run=client -o yaml | kubectl apply -f -
  kubectl -n "$NAMESPACE" create configmap demo-code --from-file=demo/app --dry-run=client -o yaml | kubectl apply -f -
  sed -e "s#@IMAGE@#$IMAGE#; s#@START@#$START#; s#@DATABASE_HOST@#$DATABASE_HOST#; s#@PASSWORD@#$PASSWORD#" demo/manifests.yaml | kubectl -n "$NAMESPACE" apply -f -
  if $OWN_CLUSTER; then
    kubectl -n "$NAMESPACE" create configmap demo-tables --from-file=demo/tables.sql --dry-run=client -o yaml | kubectl apply -f -
    kubectl -n "$NAMESPACE" apply -f demo/database.yaml
  fi
  local deployment
  for deployment in $(kubectl -n "$NAMESPACE" get deployments -o name); do kubectl -n "$NAMESPACE" rollout status "$deployment" --timeout=180s; done
}

INSTALLED_BY=landline.dev/installed-by

# Says so on the demo's namespace, unless Landline was in the cluster before: then it is somebody else's.
note_installation() {
  kubectl --namespace landline get deployment landline-manager >/dev/null 2>&1 ||
    kubectl annotate --overwrite namespace "$NAMESPACE" "$INSTALLED_BY=demo" >/dev/null
}

demo_installed_landline() {
  [ "$(kubectl get namespace "$NAMESPACE" --output "jsonpath={.metadata.annotations.${INSTALLED_BY//./\\.}}" 2>/dev/null)" = demo ]
}

call_from_cluster() { # [HEADER VALUE]: another pod of the cluster calls yourcode-service
  kubectl -n "$NAMESPACE" exec deployment/thing1 -- python3 -c '
import sys
from urllib.request import Request, urlopen
print(urlopen(Request("http://yourcode-service/", headers=dict([sys.argv[1:3]] if sys.argv[1:] else [])), timeout=15).read().decode(), end="")' "$@"
}
