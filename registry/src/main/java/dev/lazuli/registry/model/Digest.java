package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The name of some content by its hash, as {@code sha256:<64 hex>}.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the hash in lower-case hexadecimal digits
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests">OCI
 *     image specification: digests</a>
 */
public record Digest(String algorithm, String hex) {
  /** Checks the algorithm and the number and kind of digits. */
  public Digest {
    requireNonNull(algorithm);
    requireNonNull(hex);
    int digits =
        switch (algorithm) {
          case "sha256" -> 64;
          case "sha512" -> 128;
          default ->
              throw new IllegalArgumentException(
                  "digest algorithm is neither sha256 nor sha512: " + Text.quote(algorithm));
        };
    if (hex.length() != digits || !isLowerHex(hex)) {
      throw new IllegalArgumentException(
          algorithm + " digest is not " + digits + " lower-case hex digits: " + Text.quote(hex));
    }
  }

  /**
   * Parses {@code algorithm:hex}.
   *
   * @throws IllegalArgumentException if the text is not a digest of a known algorithm
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("digest has no algorithm: " + Text.quote(text));
    }
    return new Digest(text.substring(0, colon), text.substring(colon + 1));
  }

  /** Returns the sha256 digest of {@code content}. */
  public static Digest sha256(byte[] content) {
    return hash("sha256", content);
  }

  /** Reads all of {@code content} and returns its sha256 digest. */
  public static Digest sha256(InputStream content) throws IOException {
    MessageDigest hash = newHash("sha256");
    var window = new byte[64 << 10];
    for (int read = content.read(window); read >= 0; read = content.read(window)) {
      hash.update(window, 0, read);
    }
    return new Digest("sha256", HexFormat.of().formatHex(hash.digest()));
  }

  /** Returns whether {@code content} is what this digest names. */
  public boolean matches(byte[] content) {
    return hash(algorithm, content).equals(this);
  }

  /** Returns a fresh hash of this digest's algorithm. */
  public MessageDigest newHash() {
    return newHash(algorithm);
  }

  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }

  private static Digest hash(String algorithm, byte[] content) {
    return new Digest(algorithm, HexFormat.of().formatHex(newHash(algorithm).digest(content)));
  }

  private static MessageDigest newHash(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm.equals("sha256") ? "SHA-256" : "SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-2", e);
    }
  }

  private static boolean isLowerHex(String text) {
    return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }
}
