#!/bin/sh
# Makes layer.tar.gz and layer.ztoc with Debian's soci (soci-snapshotter 0.4.1), tar, umoci and a containerd of its own:
#   make.sh SOCI      as root; SOCI is the program
set -eu
soci=$(readlink -f "$1")
cd "$(dirname -- "$0")"
here=$PWD
work=$(mktemp -d)
trap 'kill "$(cat "$work/pid")"; rm -rf "$work"' EXIT
mkdir -p "$work/tree/data" "$work/tree/bin"
cd "$work/tree"
i=0
while [ $((i += 1)) -le 4 ]; do seq $((i * 1000)) $((i * 1000 + 20000)) | tac >data/f$i; done
printf 'good evening\n' >data/greeting
: >data/empty
: >data/.wh.gone
ln -s f1 data/link
ln data/f2 data/twin
mknod data/null c 1 3
mkfifo data/fifo
chmod 1777 data
chmod 4711 data/f3
setfattr -n user.note -v 'a note' data/greeting
mkdir -p "bin/$(printf 'long%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27)"
: >"$(echo bin/long*)/file"
find . -exec touch -h -d '2001-02-03 04:05:06.789 UTC' {} +
cd ..
tar --sort=name --owner=7 --group=8 --xattrs --xattrs-include='*' --format=pax -C tree -cf layer.tar .
umoci init --layout oci && umoci new --image oci:a && umoci raw add-layer --image oci:a layer.tar
tar -C oci -cf image.tar .
printf 'version = 2\nroot = "%s/root"\nstate = "%s/state"\n[grpc]\naddress = "%s/sock"\n' "$work" "$work" "$work" >config.toml
containerd -c config.toml >log 2>&1 & echo $! >pid
until ctr -a sock version >/dev/null 2>&1; do sleep 0.2; done
ctr -a sock image import --base-name example.org/a image.tar
unshare -m sh -eu -c "mount -t tmpfs none /var/lib
  '$soci' -a '$work/sock' create --min-layer-size 0 --span-size 65536 example.org/a:a
  cp -r /var/lib/soci-snapshotter-grpc/content ."
index=$(grep -l soci.index content/blobs/sha256/*)
cp "content/blobs/sha256/$(sed 's/.*"layers":\[{[^}]*"digest":"sha256:\([0-9a-f]*\).*/\1/' "$index")" "$here/layer.ztoc"
cp "oci/blobs/sha256/$(sed 's/.*image-layer-digest":"sha256:\([0-9a-f]*\).*/\1/' "$index")" "$here/layer.tar.gz"
