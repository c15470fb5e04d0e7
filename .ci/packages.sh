# Sourced by ./verify: the programs that tests drive, the Debian packages that have them, and what is lost without them.

# program or file | package | what cannot be tested without it
needs='
containerd|containerd|everything on a real containerd
runc|runc|running containers
ctr-remote|stargz-snapshotter|pulls by the real ctr-remote, images converted by it
docker-registry|docker-registry|pulls from a real registry
skopeo|skopeo|zstd:chunked images made by skopeo
pzstd|zstd|zstd layers of many frames
umoci|umoci|images made by umoci
fsck.erofs|erofs-utils|checks of metadata images by erofs-utils
/usr/bin/go|golang-go|the test suite of containerd for snapshotters
/usr/share/gocode/src/github.com/containerd/containerd/snapshots/testsuite|golang-github-containerd-containerd-dev|the test suite of containerd for snapshotters
setfattr|attr|extended attributes
setfacl|acl|access control lists
setcap|libcap2-bin|file capabilities
/usr/sbin/mkfs.ext4|e2fsprogs|full disks with ext4
/usr/sbin/mkfs.btrfs|btrfs-progs|full disks with btrfs
/usr/sbin/mkfs.xfs|xfsprogs|full disks with XFS
patchelf|patchelf|containerd 1.7 and 2.1 of other Debian suites
busybox|busybox-static|the image for Kubernetes
debootstrap|debootstrap|the package in fresh Debian systems
ip|iproute2|slowed links between network namespaces
python3|python3-minimal|Python images
chromium|chromium|the waterfall page in a browser
mvn|maven|everything
'

# Prints package|loss for each need that is not met.
missing_packages() {
  printf '%s' "$needs" | while IFS='|' read -r what package loss; do
    case $what in
      '') continue ;;
      /*) [ -e "$what" ] && continue ;;
      *) PATH=$PATH:/usr/sbin:/sbin command -v "$what" >/dev/null && continue ;;
    esac
    printf '%s|%s\n' "$package" "$loss"
  done
}

# Prints the distribution's oldest package of a JDK that is new enough.
jdk_package() {
  apt-cache pkgnames openjdk- 2>/dev/null | sed -n 's/^openjdk-\([0-9]*\)-jdk-headless$/\1/p' | sort -n |
    while read -r version; do
      [ "$version" -ge 25 ] && echo "openjdk-$version-jdk-headless" && break
    done
}

# Installs what is missing where that is possible without asking; says what stays missing.
install_missing() {
  missing=$(missing_packages)
  jdk_missing=
  jdk=$(LAZULI_LAUNCH=find-jdk ./lazuli) || jdk_missing=yes
  [ -z "$missing$jdk_missing" ] && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq </dev/null || say "apt-get update failed; trying with the package lists as they are"
    wanted=
    for package in $(printf '%s\n' "$missing" | cut -d '|' -f 1 | sort -u) ${jdk_missing:+$(jdk_package)}; do
      if apt-cache show "$package" >/dev/null 2>&1; then wanted="$wanted $package"; fi
    done
    # shellcheck disable=SC2086
    [ -z "$wanted" ] || install_packages $wanted
    missing=$(missing_packages)
  fi
  [ -z "$missing" ] || {
    say "not everything can be tested here:"
    printf '%s\n' "$missing" | while IFS='|' read -r package loss; do say "  without $package: not $loss"; done
  }
}

# Installs packages without starting the services that come with some of them: tests start their own, privately.
install_packages() {
  say "installing:" "$@"
  policy=/usr/sbin/policy-rc.d
  own_policy=
  if [ ! -e $policy ] && printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy; then own_policy=yes; fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2 ||
    say "apt-get could not install everything"
  [ -z "$own_policy" ] || rm -f $policy
}
