package dev.lazuli.cache;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import dev.lazuli.digest.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/**
 * The text of {@code layer.json}. Written and read field by field: binding a record by reflection
 * takes some hundred classes, which a daemon would load for this file alone.
 */
final class LayerJson {
  private static final int MAX_BYTES = 1 << 20;

  /** The value of {@code lieIs} after every registry sent a different blob. */
  private static final String OTHER_BLOB = "other-blob";

  /** Says that the files shown were compared with the tar's; the first proofs did not do that. */
  private static final String FILES = "files";

  private static final String REFERENCES = "references";

  /** The fields that are numbers. Others may have more digits than a {@code long} holds. */
  private static final Set<String> NUMBERS = Set.of("size", "slot", "prefetchEnd");

  private static final JsonFactory JSON = new JsonFactory();
  private static final ObjectWriteContext INDENTED =
      new ObjectWriteContext.Base() {
        @Override
        public PrettyPrinter getPrettyPrinter() {
          return new DefaultPrettyPrinter();
        }

        @Override
        public boolean hasPrettyPrinter() {
          return true;
        }
      };

  private final Map<String, String> texts = new HashMap<>();
  private final Map<String, Long> numbers = new HashMap<>();
  private List<String> references = List.of();

  private LayerJson() {}

  static byte[] write(LayerRecord record) {
    var bytes = new ByteArrayOutputStream();
    try (var json = JSON.createGenerator(INDENTED, bytes)) {
      json.writeStartObject();
      json.writeStringProperty("digest", record.digest().toString());
      json.writeNumberProperty("size", record.size());
      json.writeStringProperty("format", record.format());
      json.writeStringProperty("compression", record.compression());
      writeNullable(json, "tocDigest", record.tocDigest());
      writeNullable(json, "compressedTocDigest", record.compressedTocDigest());
      json.writeNumberProperty("slot", record.slot());
      json.writeName(REFERENCES);
      json.writeStartArray();
      for (var reference : record.references()) {
        json.writeString(reference);
      }
      json.writeEndArray();
      json.writeStringProperty("created", record.created().toString());
      writeNullable(json, "completed", record.completed());
      json.writeNumberProperty("prefetchEnd", record.prefetchEnd());
      writeNullable(json, "pinned", record.pinned());
      writeProof(json, record.proof());
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private static void writeProof(JsonGenerator json, @Nullable LayerProof proof) {
    if (proof != null) {
      writeNullable(json, "diffId", proof.diffId());
      writeNullable(json, "lie", proof.lie());
      if (proof.isOtherBlob()) {
        json.writeStringProperty("lieIs", OTHER_BLOB);
      }
      json.writeStringProperty("proved", proof.at().toString());
      json.writeStringProperty("proofCovers", FILES);
    }
  }

  private static void writeNullable(JsonGenerator json, String name, @Nullable Object value) {
    if (value == null) {
      json.writeNullProperty(name);
    } else {
      json.writeStringProperty(name, value.toString());
    }
  }

  static LayerRecord read(Disk disk, Path file) throws IOException {
    byte[] text = Durable.read(disk, file, MAX_BYTES);
    try (var json = JSON.createParser(ObjectReadContext.empty(), text)) {
      var fields = new LayerJson();
      fields.parse(json);
      return fields.toRecord();
    } catch (JacksonException e) {
      throw new CacheCorruptException(file, e.getOriginalMessage());
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new CacheCorruptException(file, String.valueOf(e.getMessage()));
    }
  }

  /** Collects the fields by kind, and skips those that only other versions know. */
  private void parse(JsonParser json) {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw new IllegalArgumentException("not a JSON object");
    }
    for (var name = json.nextName(); name != null; name = json.nextName()) {
      var token = json.nextToken();
      if (token == JsonToken.VALUE_STRING) {
        texts.put(name, json.getString());
      } else if (token == JsonToken.VALUE_NUMBER_INT && NUMBERS.contains(name)) {
        numbers.put(name, json.getLongValue());
      } else if (token == JsonToken.START_ARRAY && name.equals(REFERENCES)) {
        references = strings(json);
      } else {
        json.skipChildren();
      }
    }
    if (json.currentToken() != JsonToken.END_OBJECT) {
      throw new IllegalArgumentException("the JSON object is cut off");
    }
  }

  private static List<String> strings(JsonParser json) {
    var strings = new ArrayList<String>();
    for (var token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
      if (token != JsonToken.VALUE_STRING) {
        throw new IllegalArgumentException("a list of something other than strings");
      }
      strings.add(json.getString());
    }
    return strings;
  }

  private LayerRecord toRecord() {
    return new LayerRecord(
        Digest.parse(text("digest")),
        number("size"),
        text("format"),
        text("compression"),
        digest("tocDigest"),
        digest("compressedTocDigest"),
        number("slot"),
        references,
        Instant.parse(text("created")),
        instant("completed"),
        number("prefetchEnd"),
        instant("pinned"),
        proof());
  }

  /** A proof that did not compare the files does not count; a lie always does. */
  private @Nullable LayerProof proof() {
    var at = instant("proved");
    var lie = texts.get("lie");
    return at == null || (lie == null && !FILES.equals(texts.get("proofCovers")))
        ? null
        : new LayerProof(digest("diffId"), lie, OTHER_BLOB.equals(texts.get("lieIs")), at);
  }

  private @Nullable Digest digest(String name) {
    var text = texts.get(name);
    return text == null ? null : Digest.parse(text);
  }

  private String text(String name) {
    var text = texts.get(name);
    if (text == null) {
      throw new IllegalArgumentException("no " + name);
    }
    return text;
  }

  private long number(String name) {
    var number = numbers.get(name);
    if (number == null) {
      throw new IllegalArgumentException("no " + name);
    }
    return number;
  }

  private @Nullable Instant instant(String name) {
    var text = texts.get(name);
    return text == null ? null : Instant.parse(text);
  }
}
