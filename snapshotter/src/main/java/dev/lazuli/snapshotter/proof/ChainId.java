package dev.lazuli.snapshotter.proof;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The arithmetic of chain IDs, as the OCI image specification has it: that of the lowest layer is
 * its DiffID; that of another is the digest of the chain ID below it, a blank, and its DiffID.
 */
public final class ChainId {
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

  private ChainId() {}

  /**
   * Returns the chain ID of a layer.
   *
   * @param below the chain ID of the layer below, {@code sha256:...}; empty for the lowest layer
   * @param diffId digest of the layer's tar, {@code sha256:...}
   */
  public static String of(String below, String diffId) {
    if (below.isEmpty()) {
      return diffId;
    }
    var text = (below + " " + diffId).getBytes(UTF_8);
    return Digest.sha256(text).toString();
  }

  /**
   * Returns the chain ID in a snapshot's name: the whole of it, or the last part of the key under
   * which containerd keeps what it has unpacked itself, {@code <namespace>/<number>/<chain ID>}.
   * Empty if there is none.
   */
  public static Optional<String> inName(String name) {
    var last = name.substring(name.lastIndexOf('/') + 1);
    return DIGEST.matcher(last).matches() ? Optional.of(last) : Optional.empty();
  }
}
