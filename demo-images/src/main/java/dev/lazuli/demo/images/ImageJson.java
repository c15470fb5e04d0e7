package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The one JSON mapper of this package. */
final class ImageJson {
  static final JsonMapper MAPPER = JsonMapper.shared();

  private ImageJson() {}

  static byte[] bytes(JsonNode json) {
    return json.toString().getBytes(UTF_8);
  }
}
