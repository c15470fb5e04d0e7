#!/bin/sh
# Installs Lazuli on this node from the directory in which it was unpacked, and tells containerd to use it; or takes that
# back. Needs root and systemd. What is right already is left alone, so it may be run again at any time.
#   DIRECTORY/dist/node.sh install [CONFIG.toml]   DIRECTORY: any name, it stays where it is
#   DIRECTORY/dist/node.sh leave                   new containers are overlayfs's; those that run go on
#   DIRECTORY/dist/node.sh remove                  takes everything away, once nothing runs on it
# Environment, for nodes that keep it elsewhere:
#   CONTAINERD_CONFIG   default: /etc/containerd/config.toml
#   CONTAINERD_SERVICE  default: containerd
set -eu
umask 022
program=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
containerd_config=${CONTAINERD_CONFIG:-/etc/containerd/config.toml}
service=${CONTAINERD_SERVICE:-containerd}
unit=/etc/systemd/system/lazuli.service
# Outlives this script, should it be cut off, but not a reboot.
restart_needed=/run/lazuli-restart-needed
begin='# lazuli: what follows is written by node.sh, up to the line "lazuli: end"'
end='# lazuli: end'
say() { printf 'lazuli: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# What containerd's configuration is without our part.
without_us() {
  [ ! -f "$containerd_config" ] || sed "/^$begin\$/,/^$end\$/d" "$containerd_config"
}

# The part for containerd's version.
part() {
  version=$(containerd --version) || die "there is no containerd on this node"
  case $version in
    *" v1."* | *" 1."*) cat "$program/dist/containerd-1.toml" ;;
    *) cat "$program/dist/containerd-2.toml" ;;
  esac
}

# Gives containerd the configuration that it has without us, and after it what comes from standard input, if that is
# anything. It is restarted if this changes something. What it would not take is not given to it.
configure_containerd() {
  mkdir -p "${containerd_config%/*}"
  containerd_config=$(readlink -f "$containerd_config")
  new=$containerd_config.new
  rm -f "$new"
  # It may hold passwords: the new file has the mode and owner of the old one.
  [ ! -f "$containerd_config" ] || cp -p "$containerd_config" "$new"
  without_us >"$new"
  [ -s "$new" ] || echo 'version = 2' >"$new"
  # A last line without an end would swallow our first.
  [ -z "$(tail -c 1 "$new")" ] || echo >>"$new"
  ours=$(cat)
  [ -z "$ours" ] || printf '%s\n' "$begin" "$ours" "$end" >>"$new"
  if cmp -s "$new" "$containerd_config"; then rm -f "$new" && return; fi
  problem=$(containerd --config "$new" config dump 2>&1 >/dev/null) || {
    rm -f "$new"
    die "containerd would not take its configuration with the part for Lazuli, so it was left as it is: $problem." \
      "Where a section is there already, set its values by hand, as $program/docs/install.md says"
  }
  if [ -f "$containerd_config" ] && [ ! -f "$containerd_config.before-lazuli" ]; then
    cp -p "$containerd_config" "$containerd_config.before-lazuli"
  fi
  mv "$new" "$containerd_config"
  say "restarting $service, for its new configuration"
  systemctl restart "$service"
}

# Puts a file in place, if it is another than what is there, and notes that the daemon must start again.
place() {
  cmp -s "$1" "$2" && return
  mkdir -p "${2%/*}"
  cp "$1" "$2.new"
  chmod 644 "$2.new"
  touch "$restart_needed"
  mv "$2.new" "$2"
}

install_node() {
  ours=$(part)
  # The cache belongs to this place and runtime. Without it everything works, only later.
  [ -f "$program/lazuli-daemon.aot" ] || LAZULI_LAUNCH=train "$program/lazuli" || true
  # An unknown or wrong setting must not end a daemon that runs.
  if [ -n "${1:-}" ]; then
    "$program/lazuli" config check "$1" >&2 || die "$1 is wrong: nothing was changed"
    place "$1" /etc/lazuli/config.toml
  fi
  if [ "$program" != /opt/lazuli ] && [ "$(readlink /opt/lazuli || true)" != "$program" ]; then
    [ ! -e /opt/lazuli ] || [ -L /opt/lazuli ] || die "/opt/lazuli is there, and no link to a version"
    touch "$restart_needed"
    ln -sfn "$program" /opt/lazuli
  fi
  ln -sfn /opt/lazuli/lazuli /usr/local/bin/lazuli
  place "$program/dist/lazuli.service" "$unit"
  systemctl daemon-reload
  systemctl --quiet enable lazuli
  if [ -f "$restart_needed" ]; then systemctl restart lazuli; else systemctl start lazuli; fi
  rm -f "$restart_needed"

  printf '%s\n' "$ours" | configure_containerd
  say "installed; what doctor says:"
  "$program/lazuli" doctor --containerd-config "$containerd_config" || true
}

# containerd unpacks an image for overlayfs from its blobs, which it does not have of layers that were mounted lazily.
leave_node() {
  # Containers that run are still removed through the plugin; all other sections go.
  ours=$(part | awk '/^# (For|Only)/ { exit } { print }')
  [ -n "$ours" ] || die "there is no containerd on this node"
  ctr namespaces ls -q | while read -r namespace; do
    ctr --namespace "$namespace" images ls -q | grep -v '^sha256:' | while read -r image; do
      "$program/lazuli" content --namespace "$namespace" "$image" ||
        say "$image of namespace $namespace has to be pulled again before new containers can be made from it"
    done
  done
  printf '%s\n' "$ours" | configure_containerd
  say "new containers are not Lazuli's; $(containers) of it still run"
}

# How many containers run on images of Lazuli.
containers() { grep -c '^overlay .*upperdir=/var/lib/lazuli/' /proc/mounts || true; }

remove_node() {
  [ "$(containers)" = 0 ] || [ "${FORCE:-}" = yes ] ||
    die "$(containers) containers run on images of Lazuli: \"node.sh leave\", then end them; or set FORCE=yes"
  configure_containerd </dev/null
  systemctl --quiet disable --now lazuli 2>/dev/null || true
  # The innermost first. Containers that run on a layer keep it, and it goes with them.
  awk '$5 ~ "^/(run|var/lib)/lazuli/" {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do
    umount -l "$mount" || true
  done
  rm -f "$unit" /usr/local/bin/lazuli "$containerd_config.before-lazuli"
  systemctl daemon-reload
  # The directories may be disks of their own, which stay.
  rm -rf --one-file-system /var/lib/lazuli /run/lazuli /etc/lazuli || true
  [ ! -L /opt/lazuli ] || rm /opt/lazuli
  say "removed; images that are not complete in containerd have to be pulled again"
}

case ${1:-} in
  install) install_node "${2:-}" ;;
  leave) leave_node ;;
  remove) remove_node ;;
  *) sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
esac
