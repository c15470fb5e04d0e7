package dev.lazuli.snapshotter.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Documents as trees: what is not ours to change stays as it is, in its order. */
final class Json {
  static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** Returns a document's root. */
  static ObjectNode object(byte[] bytes) throws IOException {
    try {
      if (MAPPER.readTree(bytes) instanceof ObjectNode object) {
        return object;
      }
      throw new IOException("document is not a JSON object");
    } catch (JacksonException e) {
      throw new IOException("document is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  static byte[] bytes(JsonNode document) {
    return MAPPER.writeValueAsBytes(document);
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private Json() {}
}
