package dev.lazuli.snapshotter.e2e;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A container's root file system, seen without a container. */
public final class RootView {
  private static final JsonMapper JSON = JsonMapper.shared();

  private RootView() {}

  /** What is done with a directory. */
  public interface Look<T> {
    T at(Path directory) throws IOException;
  }

  /** Looks at the root file system that a new container of a pulled image would have. */
  public static <T> T see(
      ContainerdExtension bed, String snapshotter, String reference, Look<T> look)
      throws IOException {
    return see(bed, snapshotter, reference, "prepare", look);
  }

  /** Looks at it as those do that only want to read it. */
  public static <T> T seeReadOnly(
      ContainerdExtension bed, String snapshotter, String reference, Look<T> look)
      throws IOException {
    return see(bed, snapshotter, reference, "view", look);
  }

  private static <T> T see(
      ContainerdExtension bed, String snapshotter, String reference, String how, Look<T> look)
      throws IOException {
    var directory = Files.createTempDirectory(bed.directory(), "view");
    var key = directory.getFileName().toString();
    var snapshots = bed.containerd().ctr("snapshots", "--snapshotter", snapshotter);
    var make = snapshots.with(how, "--target", directory.toString(), key, chainId(bed, reference));
    var mount = make(snapshots, make, key);
    try {
      Command.of("sh", "-c", mount).check();
      return look.at(directory);
    } finally {
      MountTable.unmountBelow(directory);
      snapshots.with("rm", key).check();
    }
  }

  /**
   * Nothing refers to a new snapshot: containerd may collect it before we can tell it not to.
   *
   * @return the command that mounts it
   */
  private static String make(Command snapshots, Command make, String key) throws IOException {
    var keep = snapshots.with("label", key, "containerd.io/gc.root=test");
    String mount;
    do {
      mount = make.check().output();
    } while (keep.run().exitStatus() != 0);
    return mount;
  }

  /** Returns the name of the image's topmost snapshot, from its documents in containerd. */
  private static String chainId(ContainerdExtension bed, String reference) throws IOException {
    var listed = bed.containerd().ctr("image", "ls", "name==" + reference).check().output();
    var target = listed.lines().skip(1).findFirst().orElseThrow().split("\\s+", -1)[2];
    var manifest = content(bed, target);
    if (manifest.has("manifests")) {
      manifest = content(bed, manifest.path("manifests").path(0).path("digest").asString());
    }
    var config = content(bed, manifest.path("config").path("digest").asString());
    var chain = "";
    for (var diffId : config.path("rootfs").path("diff_ids")) {
      chain = chain.isEmpty() ? diffId.asString() : sha256(chain + " " + diffId.asString());
    }
    return chain;
  }

  private static JsonNode content(ContainerdExtension bed, String digest) throws IOException {
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
