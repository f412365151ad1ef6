#!/usr/bin/env bash
# demo.sh - Landline's main job, shown with real parts only: a Kubernetes cluster, a program in it, its services and its database.
#
#   ./demo.sh           installs what is missing, builds, brings the lab up, shows everything and leaves it running; run it again as you like
#   ./demo.sh --down    removes all that it made; a lab or a Landline that was there before stays
#
# On a Debian 12 machine with root and the .NET 10 SDK. With KUBECONFIG set it uses that cluster instead of the lab; the database is then a
# pod, the images are public ones, and LANDLINE_IMAGE names the image of Landline that the cluster can pull (see deploy/Dockerfile).
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")"
NAMESPACE=landline-demo
PASSWORD=correct-horse-battery
PROGRAM=$PWD/artifacts/landline
LOG=artifacts/demo.log
STEP=0

. demo/narration.sh
. demo/cluster.sh
. demo/database.sh
. demo/steps.sh

case ${1:-} in
  '') ;;
  --down) take_down; exit 0 ;;
  -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "demo: what is $1? See ./demo.sh --help" >&2; exit 2 ;;
esac

mkdir -p artifacts
: > "$LOG"
prepare
show_before
show_connection
show_attachment
what_next
