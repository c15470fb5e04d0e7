package dev.lazuli.digest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The name of some content by its hash, written {@code sha256:} and 64 lower-case hex digits, or
 * {@code sha512:} and 128. Layers, tables of contents, manifests, DiffIDs and chain IDs have such
 * names. Text is parsed once, where it comes in, and is exact from then on: nothing else has two
 * spellings of one digest. Chunks are too many for an object each; their tables hold the 32 bytes.
 * Immutable.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests">OCI
 *     image specification: digests</a>
 */
public final class Digest implements Comparable<Digest> {
  /** Bytes of a SHA-256 digest. */
  public static final int SHA256_BYTES = 32;

  private static final int SHA512_BYTES = 64;
  private static final String SHA256 = "sha256:";
  private static final String SHA512 = "sha512:";
  private static final int MOST_QUOTED = 100;

  /** The number of bytes tells which algorithm it was. */
  private final byte[] bytes;

  private Digest(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Parses {@code sha256:<64 hex>} or {@code sha512:<128 hex>}.
   *
   * @throws IllegalArgumentException if the text is anything else, such as upper-case digits
   */
  public static Digest parse(String text) {
    int length = lengthOf(text);
    if (length < 0) {
      throw new IllegalArgumentException(
          "digest starts with neither sha256: nor sha512:: " + quote(text));
    }
    if (text.length() != SHA256.length() + 2 * length || !isLowerHex(text, SHA256.length())) {
      throw new IllegalArgumentException(
          "digest does not end with %d lower-case hex digits: %s"
              .formatted(2 * length, quote(text)));
    }
    return new Digest(HexFormat.of().parseHex(text, SHA256.length(), text.length()));
  }

  /**
   * Parses {@code sha256:<64 hex>}.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Digest parseSha256(String text) {
    var digest = parse(text);
    if (!digest.isSha256()) {
      throw new IllegalArgumentException("not a sha256 digest: " + quote(text));
    }
    return digest;
  }

  /** Returns whether {@link #parse} takes the text. */
  public static boolean isDigest(String text) {
    int length = lengthOf(text);
    return length > 0
        && text.length() == SHA256.length() + 2 * length
        && isLowerHex(text, SHA256.length());
  }

  /**
   * Returns the SHA-256 digest with these 32 bytes.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  public static Digest ofSha256(byte[] bytes) {
    if (bytes.length != SHA256_BYTES) {
      throw new IllegalArgumentException("SHA-256 digest of " + bytes.length + " bytes");
    }
    return new Digest(bytes.clone());
  }

  /** Ends a computation that {@link #newHash} or {@link #newSha256} began. */
  public static Digest finish(MessageDigest hash) {
    return new Digest(hash.digest());
  }

  /** Returns the SHA-256 digest of {@code content}. */
  public static Digest sha256(byte[] content) {
    return new Digest(newSha256().digest(content));
  }

  /** Reads all of {@code content} and returns its SHA-256 digest. */
  public static Digest sha256(InputStream content) throws IOException {
    MessageDigest hash = newSha256();
    var window = new byte[64 << 10];
    for (int read = content.read(window); read >= 0; read = content.read(window)) {
      hash.update(window, 0, read);
    }
    return new Digest(hash.digest());
  }

  /** Returns a new computation of a SHA-256 digest. */
  public static MessageDigest newSha256() {
    return newHash("SHA-256");
  }

  /** Returns a new computation of a digest by this one's algorithm. */
  public MessageDigest newHash() {
    return newHash(isSha256() ? "SHA-256" : "SHA-512");
  }

  /** Returns whether {@code content} is what this digest names. */
  public boolean matches(byte[] content) {
    return MessageDigest.isEqual(bytes, newHash().digest(content));
  }

  /** Returns whether this is the content's SHA-256, and not its SHA-512. */
  public boolean isSha256() {
    return bytes.length == SHA256_BYTES;
  }

  /** Returns {@code sha256} or {@code sha512}. */
  public String algorithm() {
    return isSha256() ? "sha256" : "sha512";
  }

  /** Returns the hash in lower-case hex digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  /** Returns a copy of the hash's bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Orders digests as their texts are ordered. */
  @Override
  public int compareTo(Digest other) {
    int byAlgorithm = Integer.compare(bytes.length, other.bytes.length);
    return byAlgorithm != 0 ? byAlgorithm : Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Digest that && Arrays.equals(bytes, that.bytes);
  }

  /** Any four bytes of a hash are one. */
  @Override
  public int hashCode() {
    return ByteBuffer.wrap(bytes).getInt();
  }

  @Override
  public String toString() {
    return (isSha256() ? SHA256 : SHA512) + hex();
  }

  /** Returns how many bytes the algorithm's digests have; -1 if it is another one. */
  private static int lengthOf(String text) {
    if (text.startsWith(SHA256)) {
      return SHA256_BYTES;
    }
    return text.startsWith(SHA512) ? SHA512_BYTES : -1;
  }

  private static boolean isLowerHex(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  /** The text comes from outside: what is shown of it is short, printable and on one line. */
  private static String quote(String text) {
    var shown = new StringBuilder("\"");
    text.chars()
        .limit(MOST_QUOTED)
        .forEach(c -> shown.append(c >= ' ' && c < 0x7f ? (char) c : '?'));
    return shown.append(text.length() > MOST_QUOTED ? "...\"" : "\"").toString();
  }

  private static MessageDigest newHash(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-2", e);
    }
  }
}
