package dev.lazuli.snapshotter.start;

import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads what a package.json says of its main module, as it streams by: nothing is kept of the rest.
 *
 * @see <a href="https://nodejs.org/api/packages.html#package-entry-points">entry points</a>
 */
final class NodePackage {
  private static final JsonFactory JSON = new JsonFactory();

  /** The first of these that is there; the package itself before conditions for it. */
  private static final List<String> EXPORTED = List.of(".", "node", "require", "import", "default");

  private static final int MOST_DEPTH = 8;
  private static final int MOST_PATH = StartLimits.DEFAULT.pathBytes();

  /** The parser keeps each name that it meets, so there must not be too many. */
  private static final int MOST_TOKENS = 50_000;

  private final JsonParser json;
  private int tokens;
  private String main = "";
  private String exported = "";

  private NodePackage(JsonParser json) {
    this.json = json;
  }

  /** Returns the path of the main module in its package; empty if that is not known. */
  static String main(byte[] description) {
    try (var json = JSON.createParser(ObjectReadContext.empty(), description)) {
      var read = new NodePackage(json);
      read.description();
      return read.exported.isEmpty() ? read.main : read.exported;
    } catch (JacksonException e) {
      return "";
    }
  }

  /** Takes the next token; {@code NOT_AVAILABLE} at the end, or after too many. */
  private JsonToken next() {
    JsonToken token = ++tokens > MOST_TOKENS ? null : json.nextToken();
    return token == null ? JsonToken.NOT_AVAILABLE : token;
  }

  /** Returns the text that was read last, unless it is too long for a path. */
  private String path() {
    String text = json.getString();
    return text.length() > MOST_PATH ? "" : text;
  }

  private void description() {
    if (next() != JsonToken.START_OBJECT) {
      return;
    }
    while (next() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      JsonToken value = next();
      if (name.equals("main") && value == JsonToken.VALUE_STRING) {
        main = path();
      } else if (name.equals("exports")) {
        exported = exported(value, 0);
      } else {
        skip(value);
      }
    }
  }

  /** Takes a value of {@code exports}; returns the path in it that stands for the package. */
  private String exported(JsonToken value, int depth) {
    if (value == JsonToken.VALUE_STRING) {
      return path();
    }
    if (value != JsonToken.START_OBJECT || depth == MOST_DEPTH) {
      skip(value);
      return "";
    }
    String best = "";
    int rank = EXPORTED.size();
    while (next() == JsonToken.PROPERTY_NAME) {
      int found = EXPORTED.indexOf(json.currentName());
      JsonToken inside = next();
      if (found < 0 || found >= rank) {
        skip(inside);
        continue;
      }
      String path = exported(inside, depth + 1);
      if (!path.isEmpty()) {
        best = path;
        rank = found;
      }
    }
    return best;
  }

  private void skip(JsonToken value) {
    int open = value.isStructStart() ? 1 : 0;
    while (open > 0) {
      JsonToken token = next();
      if (token == JsonToken.NOT_AVAILABLE) {
        return;
      }
      open += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    }
  }
}
