# Sourced by ./verify: nodes of other Debian suites for tests, that is containerd, its shim, ctr and runc as they are
# packaged there, run on this machine's kernel with the C library of their own suite. Kept between runs, outside of
# the tree: in $LAZULI_NODES, or in lazuli/nodes of the user's cache directory.

# suite and the containerd that it has
node_suites='trixie forky' # 1.7, 2.1; this machine's own is the third, 1.6 on bookworm

# Suites for which there are whole systems besides, as just installed, to try the package in.
fresh_suites="bookworm $node_suites"

nodes_directory() {
  printf '%s' "${LAZULI_NODES:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lazuli/nodes}"
}

# Sets mirror and keyring; fails where no nodes can be made.
find_mirror() {
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1)
  [ "$(id -u)" = 0 ] && [ -e $keyring ] && [ -n "$mirror" ] && command -v "$1" >/dev/null || {
    say "no nodes of other Debian suites: that needs root, Debian and $1"
    return 1
  }
}

# The suite whose Podman is tried: the oldest that asks a layer store by the digest of the table of contents.
podman_suite=trixie # 5.4

# The suite whose soci makes indexes.
soci_suite=forky # 0.4

# Makes the nodes that are missing, where that is possible without asking.
make_nodes() {
  find_mirror patchelf || return
  for suite in $node_suites; do
    [ -x "$(nodes_directory)/$suite/bin/runc" ] ||
      make_node "$suite" "$suite" 'containerd runc' 'ctr containerd-shim-runc-v2 containerd runc' || say "no node of $suite"
  done
  [ -x "$(nodes_directory)/$podman_suite-podman/bin/podman" ] ||
    make_node "$podman_suite" "$podman_suite-podman" 'podman conmon netavark' 'conmon netavark podman' ||
    say "no node with Podman of $podman_suite"
  [ -x "$(nodes_directory)/$soci_suite-soci/bin/soci" ] ||
    make_node "$soci_suite" "$soci_suite-soci" soci-snapshotter soci || say "no node with soci of $soci_suite"
}

# Makes a node: its suite, its name, its packages, and their programs. The last program says that the node is whole.
make_node() {
  node=$(nodes_directory)/$2
  say "making a node of $1 in $node"
  rm -rf "$node" && mkdir -p "$node/apt/lists/partial" "$node/apt/archives/partial" "$node/root" "$node/bin" || return
  : >"$node/apt/status"
  echo "deb [signed-by=$keyring] $mirror $1 main" >"$node/apt/sources.list"
  # shellcheck disable=SC2086
  node_apt update && node_apt install --yes --download-only $3 || return
  for package in "$node"/apt/archives/*.deb; do
    dpkg-deb -x "$package" "$node/root" || return
  done
  libraries=$(dirname "$(find "$node/root" -name libc.so.6 | head -n 1)")
  loader=$(find "$node/root" -name 'ld-linux*.so.*' | head -n 1)
  for program in $4; do
    file=$(find "$node/root" -type f \( -path "*bin/$program" -o -path "*/podman/$program" \) | head -n 1)
    # By RPATH, which counts for libraries of libraries too.
    cp "$file" "$node/$program" &&
      patchelf --force-rpath --set-interpreter "$loader" --set-rpath "$libraries" "$node/$program" &&
      mv "$node/$program" "$node/bin/" || return
  done
  rm -rf "$node/apt" "$node/root/usr/bin" "$node/root/usr/sbin" "$node/root/usr/share"
}

# Makes the fresh systems that are missing.
make_fresh_systems() {
  find_mirror debootstrap || return
  for suite in $fresh_suites; do
    fresh=$(nodes_directory)/$suite-fresh
    [ -d "$fresh" ] || make_fresh_system "$suite" || say "no fresh system of $suite"
  done
}

# A small Debian with its containerd.
make_fresh_system() {
  say "making a fresh system of $1 in $fresh"
  rm -rf "$fresh.new" && mkdir -p "$fresh.new" || return
  # Older debootstraps do not know newer suites by name; all are made as sid is.
  debootstrap --variant=minbase --include=systemd,ca-certificates,debconf,procps --keyring="$keyring" "$1" "$fresh.new" \
    "$mirror" /usr/share/debootstrap/scripts/sid >"$fresh.log" 2>&1 </dev/null &&
    chroot "$fresh.new" apt-get -qq install --yes --no-install-recommends containerd >>"$fresh.log" 2>&1 </dev/null &&
    chroot "$fresh.new" apt-get clean && rm -f "$fresh.log" && mv "$fresh.new" "$fresh"
}

# apt with sources, lists and a (void) status of the node's own, which leaves this machine's packages alone.
# Lists of a suite in the making expire on a mirror that stands still; who signed them still counts.
node_apt() {
  apt-get -qq -o Acquire::Check-Valid-Until=false \
    -o Dir::Etc::SourceList="$node/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$node/apt/lists" -o Dir::State::status="$node/apt/status" \
    -o Dir::Cache="$node/apt" -o Dir::Cache::archives="$node/apt/archives" -o APT::Sandbox::User=root \
    -o APT::Install-Recommends=false -o Acquire::Languages=none -o Debug::NoLocking=1 "$@" </dev/null >&2
}
