package dev.lazuli.registry.http;

import dev.lazuli.registry.model.Text;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A multipart/byteranges body (RFC 9110, 14.6) taken apart while it streams by:
 *
 * <pre>
 * CRLF --boundary CRLF  Content-Range: bytes a-b/n CRLF  CRLF  b-a+1 bytes
 * ... CRLF --boundary-- CRLF
 * </pre>
 *
 * <p>Parts' bytes stay in their receive buffers; only the lines between are copied.
 */
public final class MultipartBody implements AutoCloseable {
  private static final Pattern TYPE =
      Pattern.compile(
          "multipart/byteranges\\s*;(?:.*;)?\\s*boundary=(?:\"([^\"]{1,70})\"|([^\\s;\"]{1,70})).*",
          Pattern.CASE_INSENSITIVE);
  private static final int MAX_LINE = 4 << 10;
  private static final int MAX_HEADERS = 32;

  /** Between parts there is one; a few more are forgiven. */
  private static final int MAX_EMPTY_LINES = 8;

  private final HttpReply reply;
  private final String delimiter;
  private @Nullable ByteBuf piece;
  private long partLeft;

  private MultipartBody(HttpReply reply, String boundary) {
    this.reply = reply;
    this.delimiter = "--" + boundary;
  }

  /** Returns the boundary of a Content-Type; empty where it is not multipart/byteranges. */
  public static Optional<String> boundary(@Nullable String contentType) {
    Matcher m = TYPE.matcher(contentType == null ? "" : contentType.strip());
    return m.matches()
        ? Optional.of(m.group(1) == null ? m.group(2) : m.group(1))
        : Optional.empty();
  }

  /** Returns the parts of a response, which is closed with them. */
  public static MultipartBody of(HttpReply reply, String boundary) {
    return new MultipartBody(reply, boundary);
  }

  /** Skips what is left of the present part and reads the head of the next; null after the last. */
  public @Nullable ContentRange nextPart() throws IOException {
    skip(partLeft);
    String line = line();
    for (int empty = 1; line.isEmpty(); empty++, line = line()) {
      if (empty > MAX_EMPTY_LINES) {
        throw new IOException("multipart: more than " + MAX_EMPTY_LINES + " empty lines");
      }
    }
    if (line.equals(delimiter + "--")) {
      return null;
    }
    if (!line.equals(delimiter)) {
      throw new IOException("multipart: expected a boundary, found " + Text.quote(line));
    }
    String range = null;
    line = line();
    for (int headers = 0; !line.isEmpty(); headers++, line = line()) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equalsIgnoreCase("Content-Range")) {
        range = line.substring(colon + 1);
      }
      if (headers == MAX_HEADERS) {
        throw new IOException("multipart: more than " + MAX_HEADERS + " headers");
      }
    }
    String text = "" + range;
    ContentRange part =
        ContentRange.parse(range)
            .orElseThrow(() -> new IOException("multipart: Content-Range " + Text.quote(text)));
    partLeft = part.length();
    return part;
  }

  /** Drops bytes of the present part. */
  public void skip(long bytes) throws IOException {
    for (long left = bytes; left > 0; ) {
      ByteBuf at = filled();
      int step = (int) Math.min(left, at.readableBytes());
      at.skipBytes(step);
      left -= step;
      partLeft -= step;
    }
  }

  /** Returns at most {@code limit} of the present part's next bytes, which the caller releases. */
  public ByteBuf take(long limit) throws IOException {
    ByteBuf at = filled();
    int length = (int) Math.min(Math.min(limit, partLeft), at.readableBytes());
    partLeft -= length;
    if (length == at.readableBytes()) {
      piece = null;
      return at;
    }
    return at.readRetainedSlice(length);
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    while (true) {
      ByteBuf at = filled();
      byte b = at.readByte();
      if (b == '\n') {
        int end = line.length();
        boolean cr = end > 0 && line.charAt(end - 1) == '\r';
        return line.substring(0, cr ? end - 1 : end);
      }
      if (line.length() == MAX_LINE) {
        throw new IOException("multipart: line of more than " + MAX_LINE + " bytes");
      }
      line.append((char) (b & 0xff));
    }
  }

  private ByteBuf filled() throws IOException {
    while (piece == null || !piece.isReadable()) {
      release();
      piece = reply.take();
      if (piece == null) {
        throw new IOException("multipart: body ended early");
      }
    }
    return piece;
  }

  private void release() {
    if (piece != null) {
      piece.release();
      piece = null;
    }
  }

  /** To be called by the reader's thread only. */
  @Override
  public void close() {
    release();
    reply.close();
  }
}
