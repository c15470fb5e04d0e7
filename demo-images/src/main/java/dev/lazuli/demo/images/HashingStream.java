package dev.lazuli.demo.images;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Counts and hashes what passes through. Closing twice is harmless. */
final class HashingStream extends OutputStream {
  private final OutputStream out;
  private final MessageDigest hash = sha256();
  private long size;
  private boolean closed;

  HashingStream(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    hash.update(bytes, offset, length);
    size += length;
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      out.close();
    }
  }

  long size() {
    return size;
  }

  /** Returns the digest of all that was written. Called once, at the end. */
  String digest() {
    return format(hash.digest());
  }

  static String digest(byte[] bytes) {
    return format(sha256().digest(bytes));
  }

  private static String format(byte[] digest) {
    return "sha256:" + HexFormat.of().formatHex(digest);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }
}
