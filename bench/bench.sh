#!/usr/bin/env bash
# bench.sh - measurements, each as a table with what it is compared with in the same run. Needs root, Linux and the .NET 10 SDK.
#
#   bench/bench.sh outbound [ROUNDS] [LEAVE-OUT]    the packet engine and a session over a direct link, against plain TCP; about two minutes
#                                       a round. LEAVE-OUT: words of rows and paths that are not wanted ("back,eight,without TLS")
#   bench/bench.sh cluster [ROUNDS]     the shipped programs in the lab, against kubectl port-forward and others; about one minute a round
#   bench/bench.sh attach [ROUNDS]      attaching, and the requests of an attached workload, against the workload alone; about one minute a round
#
# ROUNDS is how many samples are taken of each figure, 3 by default; the table has their medians. Nothing else should run on the machine.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

what=${1:-} rounds=${2:-3}
case $what in outbound | cluster | attach) ;; *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;; esac

echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) x$(sed -n 's/^model name.*: / /p' /proc/cpuinfo | head -1), Linux $(uname -r)" >&2

missing=()
for tool in iperf3:iperf3 wrk:wrk nginx:nginx-light cc:gcc ip:iproute2 ss:iproute2; do
  command -v "${tool%%:*}" > /dev/null || missing+=("${tool##*:}")
done
if ((${#missing[@]})); then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cc -O2 -Wall -Wextra -static -o "$build/load" load.c
dotnet build -c Release -v quiet -nodeReuse:false -o "$build/bench" Landline.Benchmarks > "$build/build.log" || { cat "$build/build.log"; exit 1; }
ulimit -n "$(ulimit -Hn)"

install_landline() { # with a manager that has carried nothing yet
  (cd .. && ./build.sh --image)
  ../lab/lab load ../artifacts/landline-image.tar "$build/image.tar"
  ../lab/lab laptop ../artifacts/landline install --image localhost/landline:dev
  ../lab/lab kubectl -n landline rollout restart deployment/landline-manager
  ../lab/lab kubectl create namespace landline-bench --dry-run=client -o yaml | ../lab/lab kubectl apply -f -
}

settled() { # NAMESPACE DEPLOYMENT PODS: it runs, and the pods before it are gone
  ../lab/lab kubectl -n "$1" rollout status "deployment/$2" --timeout=120s
  until [ "$(../lab/lab kubectl -n "$1" get pods --no-headers | wc -l)" = "$3" ]; do sleep 0.2; done
}

prepare_cluster() { # the pods that are talked to
  cp cluster/Dockerfile "$build/load" "$build/image/"
  ../lab/lab image localhost/landline-bench:dev "$build/image" "$build/image.tar"
  install_landline
  ../lab/lab kubectl -n landline-bench apply -f - < cluster/load.yaml
  ../lab/lab kubectl -n landline-bench rollout restart deployment/load
  ../lab/lab kubectl -n landline delete pod -l app.kubernetes.io/name=landline-agent --ignore-not-found
  settled landline landline-manager 1
  settled landline-bench load 1
}

prepare_attach() { # the pods that are attached to, and one that calls them
  cp attach/Dockerfile attach/nginx.conf "$build/load" "$build/image/"
  ../lab/lab base-image --as localhost/landline-bench-base:bookworm nginx-light wrk
  ../lab/lab image localhost/landline-bench-web:dev "$build/image" "$build/image.tar" --build-arg BASE=localhost/landline-bench-base:bookworm
  install_landline
  ../lab/lab kubectl -n landline-bench apply -f - < attach/web.yaml
  ../lab/lab kubectl -n landline delete pod -l app.kubernetes.io/name=landline-agent --ignore-not-found
  settled landline landline-manager 1
  settled landline-bench web 11
  ../lab/lab kubectl -n landline-bench wait --for=condition=Ready pod/caller --timeout=60s
  mkdir "$build/handler"
  cp attach/nginx.conf "$build/handler/"
}

if [ "$what" = outbound ]; then
  "$build/bench/Landline.Benchmarks" outbound "$build/load" "$rounds" ${3:+"$3"}
  exit
fi

mkdir "$build/image"
mkdir -m 700 "$build/runtime"
export LANDLINE_RUNTIME_DIR="$build/runtime"
trap '../lab/lab kubectl delete namespace landline-bench --wait=false > /dev/null; rm -rf "$build"' EXIT
if [ "$what" = cluster ]; then
  prepare_cluster >&2
  "$build/bench/Landline.Benchmarks" cluster "$(readlink -f ..)" "$build/load" "$rounds"
else
  prepare_attach >&2
  "$build/bench/Landline.Benchmarks" attach "$(readlink -f ..)" "$build/handler" "$rounds"
fi
