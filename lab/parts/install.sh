# Debian packages and the one build of Kubernetes. Sourced by lab.
# shellcheck shell=bash

K8S_VERSION='1.20.5+really1.20.2'           # Debian bookworm's source package, which carries all components
K8S_BUILD=map-iteration,providerless        # see build_kubernetes: another build takes the place of one that is cached
IMAGE_PACKAGES=(buildah mmdebstrap jq)
PACKAGES=(containerd runc containernetworking-plugins etcd-server iproute2 iptables nftables conntrack ebtables
  socat openssl curl dnsutils iputils-ping procps kmod util-linux gcc libc6-dev python3-dnslib python3-grpcio "${IMAGE_PACKAGES[@]}")
BUILD_PACKAGES=(golang-go rsync make dpkg-dev)

# apt waits for another one that installs, but not for one that updates its lists: so the lab's own take turns.
install_packages() {
  mkdir -p "$CACHE"
  flock --wait 3600 7 || die "another lab command has been installing for an hour"
  local missing=() p
  for p in "$@"; do [ "$(dpkg-query -Wf '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p"); done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get -o DPkg::Lock::Timeout=300 update -qq && apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"; } \
    >"$CACHE/apt.log" 2>&1 </dev/null 7>&- 8>&- 9>&- || { tail -n 5 "$CACHE/apt.log" >&2; die "apt could not install them; see $CACHE/apt.log"; }
} 7>"$PACKAGES_LOCK"

debian_mirror() { # the archive that this machine itself uses
  local host
  host=$(awk '/^URIs:.*debian\/?$/ {print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
  [ -n "$host" ] || host=$(awk '$1 == "deb" {for (i = 2; i < NF; i++) if ($i ~ /debian\/?$/) {print $i; exit}}' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true)
  [ -n "$host" ] || die "no Debian archive in /etc/apt/sources.list*"
  echo "$host"
}

install() {
  mkdir -p "$CACHE" "$BIN"
  install_packages "${PACKAGES[@]}"
  [ -f "$CACHE/kubernetes/version" ] && [ "$(cat "$CACHE/kubernetes/version")" = "$K8S_VERSION $K8S_BUILD" ] && return
  say "building Kubernetes $K8S_VERSION from Debian's source package (once, five to ten minutes)"
  install_packages "${BUILD_PACKAGES[@]}"
  build_kubernetes 9>&-
  echo "$K8S_VERSION $K8S_BUILD" > "$CACHE/kubernetes/version"
}

# Since Go 1.18 the runtime's reflect.mapiterinit fills an iterator that its caller brings. The vendored reflect2 is older and
# brings none, so the API server dies of a fault as soon as it writes a custom resource (github.com/modern-go/reflect2, issue 24).
patch_map_iteration() { # SOURCE-FOLDER
  local d=$1/vendor/github.com/modern-go/reflect2
  cat > "$d/map_iterator_go118.go" <<'G'
package reflect2

import "unsafe"

// hiter has the layout of runtime.hiter.
type hiter struct {
	key         unsafe.Pointer
	value       unsafe.Pointer
	t           unsafe.Pointer
	h           unsafe.Pointer
	buckets     unsafe.Pointer
	bptr        unsafe.Pointer
	overflow    *[]unsafe.Pointer
	oldoverflow *[]unsafe.Pointer
	startBucket uintptr
	offset      uint8
	wrapped     bool
	B           uint8
	i           uint8
	bucket      uintptr
	checkBucket uintptr
}

//go:linkname fillMapIterator reflect.mapiterinit
func fillMapIterator(rtype unsafe.Pointer, m unsafe.Pointer, it *hiter)

func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer) *hiter {
	it := new(hiter)
	fillMapIterator(rtype, m, it)
	return it
}
G
  perl -0pi -e 's{(//[^\n]*\n)*//go:linkname mapiterinit reflect\.mapiterinit\nfunc mapiterinit\([^\n]*\n}{}; s{type hiter struct \{.*?\n\}\n}{}s' "$d/unsafe_link.go" "$d/unsafe_map.go"
  grep -rn 'linkname mapiterinit' "$d" && return 1
  return 0
}

build_kubernetes() {
  local w; w=$(mktemp -d)
  mkdir -p "$w/lists/partial"
  # deb-src beside the machine's own sources, in lists of our own, so that nothing of the machine's set-up changes
  cat > "$w/src.sources" <<S
Types: deb-src
URIs: $(debian_mirror)
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
S
  local apt=(-o "Dir::Etc::sourcelist=$w/src.sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$w/lists" -o APT::Sandbox::User=root)
  (
    cd "$w"
    apt-get "${apt[@]}" update -qq
    apt-get "${apt[@]}" source -qq --download-only "kubernetes=$K8S_VERSION*" || apt-get "${apt[@]}" source -qq --download-only kubernetes
    dpkg-source --no-check -x kubernetes_*.dsc k8s
    cd k8s
    patch_map_iteration .
    export CGO_ENABLED=0 GOPATH=$PWD/.go HOME=$w
    mkdir -p .go/src/k8s.io && ln -sfn ../../.. .go/src/k8s.io/kubernetes
    # Of the generated sources only the schema is not in the package. Half of the rest would be the SDKs of cloud providers and of Docker.
    make gen_openapi
    GOFLAGS=-tags=providerless,dockerless hack/make-rules/build.sh cmd/kube-apiserver cmd/kube-controller-manager cmd/kube-scheduler cmd/kubelet cmd/kube-proxy cmd/kubectl
    gcc -Os -static -DVERSION=lab -o _output/bin/pause "$(find build/pause -name pause.c | head -1)"
    rm -f "$BIN"/*    # they may be running: a new file beside the old one, not over it
    cp _output/bin/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kube-proxy,kubectl,pause} "$BIN/"
  ) >"$CACHE/build.log" 2>&1 </dev/null || { tail -20 "$CACHE/build.log" >&2; die "the build failed; see $CACHE/build.log"; }
  chmod -R u+w "$w"; rm -rf "$w"
}
