# Images without a registry: built with buildah from Debian packages, imported into the nodes. Sourced by lab.
# shellcheck shell=bash

BUILDAH=(buildah --storage-driver overlay --root "$CACHE/buildah/root" --runroot "$CACHE/buildah/run")

image() { # TAG CONTEXT-DIRECTORY OUTPUT.tar [--build-arg X=Y ...]: build with the directory's Dockerfile, write an OCI archive
  local tag=$1 dir=$2 out=$3; shift 3
  mkdir -p "$CACHE/buildah" "$(dirname "$out")"
  { "${BUILDAH[@]}" bud --isolation chroot --pull-never "$@" -t "$tag" "$dir" && rm -f "$out" &&
    "${BUILDAH[@]}" push --disable-compression "$tag" "oci-archive:$out:$tag"; } >"$CACHE/buildah.log" 2>&1 </dev/null 9>&- ||
    { tail -20 "$CACHE/buildah.log" >&2; die "image $tag did not build; see $CACHE/buildah.log"; }
  "${BUILDAH[@]}" rmi --prune >/dev/null 2>&1 || true
}

pause_image() {
  local w; w=$(mktemp -d); cp "$BIN/pause" "$w/"
  printf 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n' > "$w/Dockerfile"
  image localhost/pause:lab "$w" "$CACHE/pause.tar"; rm -rf "$w"
}

base_image() { # [--as TAG] [PACKAGE...]: a minimal Debian for Dockerfiles to start FROM
  local tag=localhost/debian:bookworm packages w
  if [ "${1:-}" = --as ]; then tag=$2; shift 2; fi
  packages=$(printf '%s\n' ca-certificates "$@" | sort -u | paste -sd,)
  mkdir -p "$CACHE/buildah"
  [ "$("${BUILDAH[@]}" inspect --type image --format '{{index .OCIv1.Config.Labels "lab.packages"}}' "$tag" 2>/dev/null)" = "$packages" ] && return
  say "making $tag of Debian packages"
  w=$(mktemp -d)
  mmdebstrap --quiet --variant=essential --include="$packages" --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$w/root.tar" "$(debian_mirror)" >"$CACHE/mmdebstrap.log" 2>&1 </dev/null 9>&- ||
    { tail -5 "$CACHE/mmdebstrap.log" >&2; die "see $CACHE/mmdebstrap.log"; }
  printf 'FROM scratch\nADD root.tar /\nLABEL lab.packages="%s"\n' "$packages" > "$w/Dockerfile"
  { "${BUILDAH[@]}" bud --isolation chroot --pull-never -t "$tag" "$w"; } >"$CACHE/buildah.log" 2>&1 </dev/null 9>&- || die "see $CACHE/buildah.log"
  rm -rf "$w"
}

load() { # IMAGE.tar...: into every node at once
  local n f imports=()
  for n in $(node_numbers); do
    for f in "$@"; do [ -f "$f" ] || die "there is no $f"; done
    (for f in "$@"; do ctr -a "$STATE/node$n/containerd.sock" -n k8s.io images import "$f" >/dev/null; done) & imports+=($!)
  done
  for n in "${imports[@]}"; do wait "$n" || die "an image could not be imported"; done
}
