#!/bin/sh
# Compares requests sent directly with the same requests through the agent's HTTP filter. Needs wrk and h2load.
# Everything runs on the same cores: wrk, the router and the server. Usage: bench/HttpRouter/run.sh [SECONDS]
set -eu
seconds=${1:-5}
here=$(cd "$(dirname "$0")" && pwd)
dotnet build -c Release -v q "$here" >/dev/null
program="$here/bin/Release/net10.0/Landline.Benchmarks"
export DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1
"$program" server 18080 & server=$!
"$program" router 18090 18080 18080 & router1=$!
"$program" router 18091 18081 18081 & router2=$!
trap 'kill $server $router1 $router2' EXIT
for port in 18080 18090 18091; do
    until curl -s -o /dev/null --http2-prior-knowledge "http://127.0.0.1:$port/" || curl -s -o /dev/null "http://127.0.0.1:$port/"; do sleep 0.1; done
done

h1() { # NAME PORT CONNECTIONS [HEADER]
    wrk -t1 -c"$3" -d"$seconds" --latency -H "${4:-accept: */*}" "http://127.0.0.1:$2/api/items?id=1" |
        awk -v n="$1" '/50%/ {p50=$2} /99%/ {p99=$2} /Requests\/sec/ {r=$2} /Socket errors|Non-2xx/ {e=e" "$0} END {printf "%-28s %10.0f req/s  p50 %-8s p99 %-8s%s\n", n, r, p50, p99, e}'
}

h2() { # NAME PORT CONNECTIONS STREAMS
    h2load -t1 -c"$3" -m"$4" -D"$seconds" "http://127.0.0.1:$2/api/items?id=1" |
        awk -v n="$1" '/^finished in/ {r=$4} /^requests:/ {f=$10} /^time for request:/ {m=$6} END {printf "%-28s %10.0f req/s  mean %-8s failed %s\n", n, r, m, f}'
}

h1 warm-up 18090 32 >/dev/null
h1 "HTTP/1.1 direct, 1 conn" 18080 1
h1 "HTTP/1.1 filter, 1 conn" 18090 1
h1 "HTTP/1.1 direct, 32 conn" 18080 32
h1 "HTTP/1.1 filter, 32 conn" 18090 32
h1 "HTTP/1.1 matched, 32 conn" 18090 32 "x-user: alice"
if command -v h2load >/dev/null; then
    h2 "HTTP/2 direct, 1 x 1" 18081 1 1
    h2 "HTTP/2 filter, 1 x 1" 18091 1 1
    h2 "HTTP/2 direct, 4 x 16" 18081 4 16
    h2 "HTTP/2 filter, 4 x 16" 18091 4 16
fi
grep -H VmRSS "/proc/$router1/status" "/proc/$router2/status" | awk '{print "router resident " $2 " kB"}'
