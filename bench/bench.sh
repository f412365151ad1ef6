#!/usr/bin/env bash
# Measures the packet engine and the session against plain TCP, and prints a table. Needs root, Linux and the .NET 10 SDK.
#   bench/bench.sh [ROUNDS]     samples of each figure, 3 by default; about two minutes each
set -euo pipefail
cd "$(dirname "$0")"

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
cc -O2 -Wall -Wextra -o "$build/load" load.c
dotnet build -c Release -v quiet -o "$build/bench" Landline.Benchmarks > "$build/build.log" || { cat "$build/build.log"; exit 1; }
ulimit -n "$(ulimit -Hn)"
"$build/bench/Landline.Benchmarks" outbound "$build/load" "${1:-3}"
