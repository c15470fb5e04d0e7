package dev.lazuli.cache;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** Checks layer digests before they become paths. */
final class LayerDigest {
  private static final String PREFIX = "sha256:";
  private static final Pattern SHA256 = Pattern.compile(PREFIX + "[0-9a-f]{64}");

  private LayerDigest() {}

  static String check(String digest) {
    if (!SHA256.matcher(digest).matches()) {
      throw new IllegalArgumentException("not a sha256 digest: " + digest);
    }
    return digest;
  }

  /** Returns {@code <2 hex>/<64 hex>}: the layer's place below {@code layers/sha256}. */
  static Path place(String digest) {
    String hex = check(digest).substring(PREFIX.length());
    return Path.of(hex.substring(0, 2), hex);
  }
}
