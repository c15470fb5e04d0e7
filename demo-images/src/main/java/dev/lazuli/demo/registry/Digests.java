package dev.lazuli.demo.registry;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Digests as registries write them. */
public final class Digests {
  private static final Pattern SHA256 = Pattern.compile("sha256:[0-9a-f]{64}");

  private Digests() {}

  /** Returns whether a reference is a digest and not a tag. */
  public static boolean isDigest(String text) {
    return SHA256.matcher(text).matches();
  }

  /** Returns the digest of some bytes. */
  public static String sha256(byte[] bytes) {
    return format(sha256().digest(bytes));
  }

  /** Returns the digest whose hash is known. */
  public static String format(byte[] hash) {
    return "sha256:" + HexFormat.of().formatHex(hash);
  }

  /** Returns a new SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }
}
