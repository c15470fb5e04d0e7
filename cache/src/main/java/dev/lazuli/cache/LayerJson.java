package dev.lazuli.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The text of {@code layer.json}. */
final class LayerJson {
  private static final long MAX_BYTES = 1 << 20;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private LayerJson() {}

  static byte[] write(LayerRecord record) {
    return JSON.writeValueAsBytes(record);
  }

  static LayerRecord read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new CacheCorruptException(file, "larger than " + MAX_BYTES + " bytes");
    }
    try {
      return JSON.readValue(Files.readAllBytes(file), LayerRecord.class);
    } catch (JacksonException e) {
      throw new CacheCorruptException(file, e.getOriginalMessage());
    }
  }
}
