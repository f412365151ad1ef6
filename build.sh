#!/usr/bin/env bash
# build.sh - the shipped programs, from source to artifacts/ (self-contained, ReadyToRun, trimmed, one file each).
#
#   ./build.sh           artifacts/landline, artifacts/landline-cluster
#   ./build.sh --image   also artifacts/landline-image.tar, an OCI archive tagged localhost/landline:dev
#   ./build.sh --base    only what that image is made of beside the program
#
# What has not changed since the last call is not built again: beside each result lies the hash of what it was made from.
# Needs the .NET 10 SDK; --image also root and the Debian packages that `lab/lab install-tools` installs.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")"
OUT=artifacts
IMAGE_TAG=localhost/landline:dev
BASE_TAG=localhost/landline-base:bookworm
BASE_PACKAGES=(nftables conntrack util-linux procps iproute2 ca-certificates libssl3 libgcc-s1 libstdc++6 zlib1g)   # as in deploy/Dockerfile

say() { echo "build: $*" >&2; }
die() { say "$*"; exit 1; }

image=false base=false
for argument in "$@"; do
  case $argument in
    --image) image=true ;;
    --base) base=true ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) say "what is $argument? See ./build.sh --help"; exit 2 ;;
  esac
done

command -v dotnet >/dev/null || die "the .NET 10 SDK is missing; install it first (package dotnet-sdk-10.0, or see https://dot.net)"
sdk=$(dotnet --version) || die "this .NET SDK does not fit global.json; install the .NET 10 SDK"
mkdir -p "$OUT"
# The compiler and the trimmer run for seconds: what pays in a long run costs the trimmer 9 of 22 s of processor time, the compiler a twelfth.
export DOTNET_TieredPGO=0 DOTNET_gcServer=0 DOTNET_gcConcurrent=0 DOTNET_GCgen0size=0x8000000

# The hash of all sources below the given folders and of the settings that every project shares.
fingerprint() {
  { echo "$sdk"
    find "$@" Directory.*.props Directory.*.targets .editorconfig global.json build.sh \
      \( -name bin -o -name obj \) -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -d' ' -f1
}

# Both at once, trimmed and compiled together: src/Programs.targets.
publish() {
  local started=$SECONDS program project hash
  hash=$(fingerprint src deploy/manifests Programs.slnf)      # the manifests are in landline
  if [ -x "$OUT/landline" ] && [ -x "$OUT/landline-cluster" ] && [ "$(cat "$OUT/.programs.hash" 2>/dev/null)" = "$hash" ]; then
    say "$OUT/landline and $OUT/landline-cluster are up to date"; return
  fi
  # In two steps: publishing alone would also put the runtime's files beside what was built.
  { dotnet build Programs.slnf --configuration Release --verbosity quiet --nologo -nodeReuse:false &&
    dotnet publish Programs.slnf --no-build --configuration Release --verbosity quiet --nologo -nodeReuse:false; } >"$OUT/.build.log" 2>&1 </dev/null ||
    { grep -E 'error|warn' "$OUT/.build.log" | sort -u >&2; die "the programs did not build; see $OUT/.build.log"; }
  while read -r program project; do
    # A new file beside the old one, which may be running, and not over it.
    cp "src/$project/bin/Release/publish/$program" "$OUT/.$program"
    mv -f "$OUT/.$program" "$OUT/$program"
    say "$OUT/$program ($(du -h "$OUT/$program" | cut -f1))"
  done <<< $'landline Landline.Cli\nlandline-cluster Landline.Cluster'
  echo "$hash" > "$OUT/.programs.hash"
  say "published in $((SECONDS - started)) s"
}

build_base() {
  [ "$(id -u)" = 0 ] || die "images need root; without it, use Docker: docker build -f deploy/Dockerfile -t $IMAGE_TAG $OUT"
  lab/lab install-tools
  lab/lab base-image --as "$BASE_TAG" "${BASE_PACKAGES[@]}"
}

build_image() {
  local started=$SECONDS hash
  build_base
  hash=$(cat "$OUT/landline-cluster" deploy/Dockerfile <(echo "${BASE_PACKAGES[@]}") | sha256sum | cut -d' ' -f1)
  if [ -f "$OUT/landline-image.tar" ] && [ "$(cat "$OUT/.image.hash" 2>/dev/null)" = "$hash" ]; then say "$OUT/landline-image.tar is up to date"; return; fi
  rm -rf "$OUT/.image"; mkdir -p "$OUT/.image"
  cp "$OUT/landline-cluster" deploy/Dockerfile "$OUT/.image/"
  lab/lab image "$IMAGE_TAG" "$OUT/.image" "$OUT/landline-image.tar" --build-arg "BASE=$BASE_TAG"
  rm -rf "$OUT/.image"
  echo "$hash" > "$OUT/.image.hash"
  say "$OUT/landline-image.tar ($(du -h "$OUT/landline-image.tar" | cut -f1), $((SECONDS - started)) s)"
}

if $base; then build_base; exit; fi
publish
if $image; then build_image; fi
