package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * The part of YAML in which people write configuration files: mappings and sequences by
 * indentation, sequences in brackets, scalars with and without quotes, comments. All scalars are
 * text. Whatever is not of this part is refused, never guessed.
 *
 * @see <a href="https://yaml.org/spec/1.2.2/">YAML 1.2</a>
 */
final class PlainYaml {
  private static final int MAX_DEPTH = 32;

  /** Text without indentation and comment. */
  private record Line(int number, int indent, String text) {
    boolean isItem() {
      return text.equals("-") || text.startsWith("- ");
    }

    IOException refused(String why) {
      return new IOException("line " + number + ": " + why + ": " + Text.quote(text));
    }
  }

  private final List<Line> lines;
  private int at;

  private PlainYaml(List<Line> lines) {
    this.lines = lines;
  }

  /**
   * Reads a document.
   *
   * @return an empty object if there is nothing in it
   * @throws IOException if it is not of this part of YAML; the message names the line
   */
  static JsonNode parse(String document) throws IOException {
    var yaml = new PlainYaml(lines(document));
    if (yaml.lines.isEmpty()) {
      return JsonNodeFactory.instance.objectNode();
    }
    var root = yaml.block(yaml.lines.getFirst().indent(), 0);
    if (yaml.at < yaml.lines.size()) {
      throw yaml.lines.get(yaml.at).refused("indented as nothing before it");
    }
    return root;
  }

  private static List<Line> lines(String document) throws IOException {
    var lines = new ArrayList<Line>();
    int number = 0;
    for (String raw : document.split("\n", -1)) {
      number++;
      String bare = YamlScalar.withoutComment(raw).stripTrailing();
      String text = bare.stripLeading();
      if (text.isEmpty() || (lines.isEmpty() && text.equals("---"))) {
        continue;
      }
      var line = new Line(number, bare.length() - text.length(), text);
      if (bare.substring(0, line.indent()).indexOf('\t') >= 0) {
        throw line.refused("indented by tabs");
      }
      lines.add(line);
    }
    return lines;
  }

  private boolean isAt(int indent) {
    return at < lines.size() && lines.get(at).indent() == indent;
  }

  private JsonNode block(int indent, int depth) throws IOException {
    var first = lines.get(at);
    if (depth > MAX_DEPTH) {
      throw first.refused("too deep");
    }
    return first.isItem() ? sequence(indent, depth) : mapping(indent, depth);
  }

  private ArrayNode sequence(int indent, int depth) throws IOException {
    var items = JsonNodeFactory.instance.arrayNode();
    while (isAt(indent) && lines.get(at).isItem()) {
      var line = lines.get(at);
      String rest = line.text().substring(1).stripLeading();
      int inner = indent + line.text().length() - rest.length();
      var within = new Line(line.number(), inner, rest);
      if (rest.isEmpty()) {
        at++;
        items.add(nested(indent, depth));
      } else if (within.isItem() || YamlScalar.endOfKey(rest) >= 0) {
        lines.set(at, within);
        items.add(block(inner, depth + 1));
      } else {
        at++;
        items.add(scalar(within));
      }
    }
    return items;
  }

  private ObjectNode mapping(int indent, int depth) throws IOException {
    var fields = JsonNodeFactory.instance.objectNode();
    while (isAt(indent) && !lines.get(at).isItem()) {
      var line = lines.get(at);
      int colon = YamlScalar.endOfKey(line.text());
      if (colon < 0) {
        throw line.refused("neither key nor item");
      }
      String key = key(line, colon);
      String rest = line.text().substring(colon + 1).stripLeading();
      at++;
      if (!rest.isEmpty()) {
        fields.set(key, scalar(new Line(line.number(), indent, rest)));
      } else if (isAt(indent) && lines.get(at).isItem()) {
        fields.set(key, sequence(indent, depth + 1));
      } else {
        fields.set(key, nested(indent, depth));
      }
    }
    return fields;
  }

  /** Reads what is indented by more than {@code indent}; empty text if nothing is. */
  private JsonNode nested(int indent, int depth) throws IOException {
    return at < lines.size() && lines.get(at).indent() > indent
        ? block(lines.get(at).indent(), depth + 1)
        : StringNode.valueOf("");
  }

  private static String key(Line line, int colon) throws IOException {
    try {
      return YamlScalar.text(line.text().substring(0, colon));
    } catch (IllegalArgumentException e) {
      throw line.refused(String.valueOf(e.getMessage()));
    }
  }

  private static JsonNode scalar(Line line) throws IOException {
    try {
      return YamlScalar.parse(line.text());
    } catch (IllegalArgumentException e) {
      throw line.refused(String.valueOf(e.getMessage()));
    }
  }
}
