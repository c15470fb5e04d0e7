#!/bin/sh
# What the image for Kubernetes runs: brings the program that lies beside it to the node, whose root is mounted at /host,
# installs it there, and stays, so that the pod is ready as long as the node is. The daemon itself runs under the node's
# systemd: it must not end with a pod.
#   pod.sh [install | leave | remove]
set -eu
# The node's own programs, with the node's own environment.
on_node() {
  nsenter -t 1 -m -u -i -n -p -- /usr/bin/env -i HOME=/root LC_ALL=C \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${CONTAINERD_CONFIG:+"CONTAINERD_CONFIG=$CONTAINERD_CONFIG"} \
    ${CONTAINERD_SERVICE:+"CONTAINERD_SERVICE=$CONTAINERD_SERVICE"} ${FORCE:+"FORCE=$FORCE"} "$@"
}

# Each build has a place of its own: a daemon that runs goes on reading what it was started from.
name=lazuli.$(cd /opt/lazuli && find . -type f -exec sha256sum {} + | sort -k 2 | sha256sum | cut -c 1-12)
if [ ! -d "/host/opt/$name" ]; then
  mkdir -p /host/opt
  rm -rf "/host/opt/$name.new"
  cp -a /opt/lazuli "/host/opt/$name.new"
  mv "/host/opt/$name.new" "/host/opt/$name"
fi
case ${1:-install} in
  install)
    config=
    if [ -f /config/config.toml ]; then
      config=/opt/$name/config.toml
      cp /config/config.toml "/host$config"
    fi
    on_node "/opt/$name/dist/node.sh" install ${config:+"$config"}
    # Earlier builds, now that none of them runs.
    for earlier in /host/opt/lazuli.*; do
      [ "$earlier" = "/host/opt/$name" ] || rm -rf "$earlier"
    done
    ;;
  leave) on_node "/opt/$name/dist/node.sh" leave ;;
  remove)
    on_node "/opt/$name/dist/node.sh" remove
    rm -rf /host/opt/lazuli.*
    touch /tmp/removed
    ;;
  *) echo "pod.sh [install | leave | remove]" >&2 && exit 2 ;;
esac
touch /tmp/done
trap 'exit 0' TERM
while true; do
  sleep 3600 &
  wait $!
done
