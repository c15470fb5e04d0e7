package dev.lazuli.registry.hosts;

import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.Text;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What a registry says about a failure: {@code {"errors":[{"code":"...","message":"..."}]}}, or in
 * fewer words. The body is read only as far as it comes in one piece, for its Content-Length may be
 * a lie: docker-registry sends a blob's size with its 33 bytes about a 416.
 */
final class ErrorBody {
  private static final int LIMIT = 4 << 10;
  private static final JsonFactory JSON = new JsonFactory();

  private ErrorBody() {}

  /** Returns the first error's code and message, or null if nothing usable is said. */
  static @Nullable String reason(HttpReply reply) {
    if (reply.status() == 416 || reply.contentLength() > LIMIT) {
      return null;
    }
    try {
      return find(read(reply));
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

  /** Returns what the beginning of a body says, which may end anywhere or not be JSON at all. */
  static @Nullable String find(byte[] body) {
    var error = new FirstError();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (error.isOver(token, json)) {
          break;
        }
      }
    } catch (JacksonException e) {
      // what came before is what there is
    }
    return error.words();
  }

  /** The first object of a document that has a code or a message. */
  private static final class FirstError {
    private @Nullable String code;
    private @Nullable String message;
    private int depth = -1;

    /** Takes a token; returns whether nothing more is to be learnt. */
    boolean isOver(JsonToken token, JsonParser json) {
      int now = json.streamReadContext().getNestingDepth();
      if (token == JsonToken.END_OBJECT) {
        return now < depth;
      }
      if (token == JsonToken.VALUE_STRING && (depth < 0 || depth == now)) {
        take(json.currentName(), json.getString(), now);
      }
      return false;
    }

    private void take(@Nullable String name, String value, int at) {
      if (value.isEmpty()) {
        return;
      }
      if ("code".equals(name)) {
        code = Text.clean(value);
        depth = at;
      } else if ("message".equals(name)) {
        message = Text.clean(value);
        depth = at;
      }
    }

    @Nullable String words() {
      return code == null ? message : message == null ? code : code + ": " + message;
    }
  }
}
