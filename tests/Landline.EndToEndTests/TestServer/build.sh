#!/usr/bin/env bash
# The image of the pods that end-to-end tests talk to: artifacts/landline-tests-image.tar, unless it is there already.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")"
root=../../..
archive=$root/artifacts/landline-tests-image.tar
stamp=$root/artifacts/.tests-image.hash
hash=$(sha256sum Dockerfile server.py build.sh | sha256sum | cut -d' ' -f1)

if [ -f "$archive" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then exit 0; fi
mkdir -p $root/artifacts
$root/lab/lab base-image --as localhost/landline-python:bookworm python3 iproute2 curl dnsutils
$root/lab/lab image localhost/landline-tests:dev . "$archive" --build-arg BASE=localhost/landline-python:bookworm
echo "$hash" > "$stamp"
