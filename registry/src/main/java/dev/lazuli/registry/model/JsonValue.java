package dev.lazuli.registry.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A JSON document as plain values. Every pull reads such documents, and Jackson's object mapper
 * takes some megabytes and a quarter of a second of a daemon that uses it for the first time.
 *
 * <p>The parser bounds how deeply documents nest (500) and how long numbers and strings are; their
 * size is bounded by whoever fetched them. An empty value takes a hundred times its two characters,
 * so their number has a bound of its own.
 *
 * @param value a map of names to values, a list, a string, a long, or null for everything else
 */
record JsonValue(@Nullable Object value) {
  private static final JsonFactory JSON = new JsonFactory();
  private static final JsonValue NOTHING = new JsonValue(null);

  /** An index of a thousand manifests with ten annotations each has fewer. */
  private static final int MAX_VALUES = 20_000;

  /**
   * Reads a document.
   *
   * @throws IOException if it is not JSON, has more than 20,000 values, or more than one document
   */
  static JsonValue parse(byte[] document) throws IOException {
    try (var json = JSON.createParser(ObjectReadContext.empty(), document)) {
      json.nextToken();
      var root = new Reader(json).read();
      if (json.nextToken() != null) {
        throw new IOException("there is more after the JSON document");
      }
      return root;
    } catch (JacksonException e) {
      throw new IOException(e.getOriginalMessage(), e);
    }
  }

  /** Makes the values of one document. */
  private static final class Reader {
    private final JsonParser json;
    private int values;

    Reader(JsonParser json) {
      this.json = json;
    }

    JsonValue read() throws IOException {
      if (++values > MAX_VALUES) {
        throw new IOException("JSON document of more than " + MAX_VALUES + " values");
      }
      return switch (json.currentToken()) {
        case null -> throw new IOException("the JSON document is cut off");
        case START_OBJECT -> readObject();
        case START_ARRAY -> readArray();
        case VALUE_STRING -> new JsonValue(json.getString());
        case VALUE_NUMBER_INT -> new JsonValue(longOf(json));
        default -> NOTHING;
      };
    }

    private JsonValue readObject() throws IOException {
      var fields = new LinkedHashMap<String, JsonValue>();
      for (var name = json.nextName(); name != null; name = json.nextName()) {
        json.nextToken();
        fields.put(name, read());
      }
      return new JsonValue(fields);
    }

    private JsonValue readArray() throws IOException {
      var elements = new ArrayList<JsonValue>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        elements.add(read());
      }
      return new JsonValue(elements);
    }
  }

  private static @Nullable Long longOf(JsonParser json) {
    return json.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? null : json.getLongValue();
  }

  boolean isObject() {
    return value instanceof Map;
  }

  /** Returns the fields of an object; of anything else none. */
  @SuppressWarnings("unchecked") // Only read() makes maps.
  Map<String, JsonValue> fields() {
    return value instanceof Map<?, ?> map ? (Map<String, JsonValue>) map : Map.of();
  }

  /** Returns the elements of a list; of anything else none. */
  @SuppressWarnings("unchecked") // Only read() makes lists.
  List<JsonValue> elements() {
    return value instanceof List<?> list ? (List<JsonValue>) list : List.of();
  }

  /** Returns a field's value; one that holds nothing where there is no such field. */
  JsonValue at(String name) {
    return fields().getOrDefault(name, NOTHING);
  }

  /** Returns the text, if this is one. */
  @Nullable String text() {
    return value instanceof String text ? text : null;
  }

  /** Returns the texts among a list's elements. */
  List<String> texts() {
    var texts = new ArrayList<String>();
    for (var element : elements()) {
      if (element.value instanceof String text) {
        texts.add(text);
      }
    }
    return texts;
  }

  /** Returns the number, if this is a whole one of at most 64 bits. */
  OptionalLong number() {
    return value instanceof Long number ? OptionalLong.of(number) : OptionalLong.empty();
  }
}
