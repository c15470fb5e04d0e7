package dev.lazuli.snapshotter.e2e;

import dev.lazuli.testimages.containerd.Command;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.containerd.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code tar} reads of an image's root file system through a snapshotter: names, kinds, modes,
 * owners, times, hard links, attributes and contents. What eStargz adds to an unpacked layer is
 * left out, and so is the root directory itself, of which most layers say nothing.
 */
record RootTar(ContainerdExtension bed) {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String LIST =
      "ls -A | grep -vxE 'stargz.index.json|[.](no[.])?prefetch.landmark' | LC_ALL=C sort";
  // Without what differs from one run of tar to the next.
  private static final String TAR =
      "tar --create --sort=name --numeric-owner --xattrs --xattrs-include='*' --files-from=-"
          + " --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime";
  private static final String DESCRIBE =
      "tar --list --verbose --verbose --full-time --numeric-owner --xattrs --file=";

  /** Returns the tar's table of contents, for people, and its digest, for certainty. */
  String read(String snapshotter, String reference) throws IOException {
    var key = "tar-" + snapshotter;
    var view = Files.createDirectories(bed.directory().resolve(key));
    var snapshots = bed.containerd().ctr("snapshots", "--snapshotter", snapshotter);
    makeView(snapshots, key, chainId(reference));
    try {
      var mount = snapshots.with("mounts", view.toString(), key).check().output();
      Command.of("sh", "-c", mount).check();
      var tar = bed.directory().resolve(key + ".tar");
      var write = "set -o pipefail; cd " + view + " && " + LIST + " | " + TAR + " > " + tar;
      var script = write + " && " + DESCRIBE + tar + " && sha256sum < " + tar;
      return Command.of("bash", "-c", script).within(Node.LONG).check().output();
    } finally {
      MountTable.unmountBelow(view);
      snapshots.with("rm", key).check();
    }
  }

  /** Nothing refers to a new view: containerd may collect it before we can tell it not to. */
  private static void makeView(Command snapshots, String key, String chainId) throws IOException {
    var keep = snapshots.with("label", key, "containerd.io/gc.root=test");
    do {
      snapshots.with("view", key, chainId).check();
    } while (keep.run().exitStatus() != 0);
  }

  /** Returns the name of the image's topmost snapshot, from its documents in containerd. */
  private String chainId(String reference) throws IOException {
    var listed = bed.containerd().ctr("image", "ls", "name==" + reference).check().output();
    var target = listed.lines().skip(1).findFirst().orElseThrow().split("\\s+", -1)[2];
    var manifest = content(target);
    if (manifest.has("manifests")) {
      manifest = content(manifest.path("manifests").path(0).path("digest").asString());
    }
    var config = content(manifest.path("config").path("digest").asString());
    var chain = "";
    for (var diffId : config.path("rootfs").path("diff_ids")) {
      chain = chain.isEmpty() ? diffId.asString() : sha256(chain + " " + diffId.asString());
    }
    return chain;
  }

  private JsonNode content(String digest) throws IOException {
    return JSON.readTree(bed.containerd().ctr("content", "get", digest).check().output());
  }

  private static String sha256(String text) {
    try {
      var hash = MessageDigest.getInstance("SHA-256");
      return "sha256:"
          + HexFormat.of().formatHex(hash.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
