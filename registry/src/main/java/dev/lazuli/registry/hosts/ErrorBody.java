package dev.lazuli.registry.hosts;

import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.Text;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a registry says about a failure: {@code {"errors":[{"code":"...","message":"..."}]}}, or in
 * fewer words. The body is read only as far as it comes in one piece, for its Content-Length may be
 * a lie: docker-registry sends a blob's size with its 33 bytes about a 416.
 */
final class ErrorBody {
  private static final int LIMIT = 4 << 10;
  private static final Pattern CODE = Pattern.compile("\"code\"\\s*:\\s*\"([^\"]{1,80})\"");
  private static final Pattern MESSAGE = Pattern.compile("\"message\"\\s*:\\s*\"([^\"]{1,200})\"");

  private ErrorBody() {}

  /** Returns the first error's code and message, or null where nothing usable is said. */
  static @Nullable String reason(HttpReply reply) {
    if (reply.status() == 416 || reply.contentLength() > LIMIT) {
      return null;
    }
    try {
      return find(new String(read(reply), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return null; // the status says enough
    }
  }

  private static byte[] read(HttpReply reply) throws IOException {
    var text = new ByteArrayOutputStream();
    for (ByteBuf piece = reply.take(); piece != null; piece = reply.take()) {
      try {
        int wanted = Math.min(piece.readableBytes(), LIMIT - text.size());
        piece.readBytes(text, wanted);
        if (text.size() == LIMIT) {
          break;
        }
      } finally {
        piece.release();
      }
    }
    return text.toByteArray();
  }

  private static @Nullable String find(String body) {
    Matcher code = CODE.matcher(body);
    Matcher message = MESSAGE.matcher(body);
    String words = message.find() ? Text.clean(message.group(1)) : null;
    if (!code.find()) {
      return words;
    }
    String name = Text.clean(code.group(1));
    return words == null ? name : name + ": " + words;
  }
}
