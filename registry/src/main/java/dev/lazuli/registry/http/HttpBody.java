package dev.lazuli.registry.http;

import dev.lazuli.estargz.BlobSource;
import org.jspecify.annotations.Nullable;

/**
 * What a request carries: some bytes, or a blob that is streamed and read again for each attempt.
 *
 * @param bytes the body, where there is no {@code blob}
 * @param blob the body, piece by piece; null for none
 * @param length bytes of the body
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record HttpBody(byte[] bytes, @Nullable BlobSource blob, long length) {
  /** No body. */
  public static final HttpBody NONE = of(new byte[0]);

  /** Returns a body that is in memory. */
  public static HttpBody of(byte[] bytes) {
    return new HttpBody(bytes, null, bytes.length);
  }

  /** Returns a body that is read from a blob while it is sent. */
  public static HttpBody of(BlobSource blob, long length) {
    return length == 0 ? NONE : new HttpBody(NONE.bytes, blob, length);
  }
}
