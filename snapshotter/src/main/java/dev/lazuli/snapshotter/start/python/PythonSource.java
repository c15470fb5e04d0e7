package dev.lazuli.snapshotter.start.python;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds the imports that a module's source runs when it is loaded: those outside functions and
 * outside {@code if TYPE_CHECKING}. Reads lines, not grammar: strings, comments and brackets are
 * respected, and what is unclear does not count as an import. One pass; used by one thread.
 */
public final class PythonSource {
  private static final Pattern CALLED =
      Pattern.compile("(?:__import__|import_module)\\(\\s*['\"]([\\w.]{1,255})['\"]");

  /** How long a statement may be, whether over one line or several; the rest is not looked at. */
  private static final int MOST_STATEMENT = 16 << 10;

  private static final int TAB = 8;

  private final int most;
  private final boolean insideFunctions;
  private final List<ImportedName> found = new ArrayList<>();
  private final StringBuilder statement = new StringBuilder();

  /** The quotes that end the string in which the line begins; empty if it begins in none. */
  private String quotes = "";

  private int brackets;
  private boolean isContinued;

  /** Lines that are indented further belong to a block that is not run; -1 if there is none. */
  private int skippedIndent = -1;

  private PythonSource(int most, boolean insideFunctions) {
    this.most = most;
    this.insideFunctions = insideFunctions;
  }

  /**
   * Returns the imports in order.
   *
   * @param most how many to return at most
   * @param insideFunctions whether those inside functions count as well, as a program runs them
   */
  public static List<ImportedName> imports(String text, int most, boolean insideFunctions) {
    var source = new PythonSource(most, insideFunctions);
    int from = 0;
    while (from < text.length() && source.found.size() < most) {
      int end = text.indexOf('\n', from);
      int to = end < 0 ? text.length() : end;
      source.line(text.substring(from, to));
      from = to + 1;
    }
    source.endStatement();
    return source.found;
  }

  private void line(String line) {
    boolean fresh = quotes.isEmpty() && brackets == 0 && !isContinued;
    if (fresh) {
      endStatement();
      String code = line.strip();
      if (code.isEmpty() || code.startsWith("#")) {
        return;
      }
      enter(indent(line), code);
    }
    int room = MOST_STATEMENT - statement.length();
    if (skippedIndent < 0 && quotes.isEmpty() && room > 0) {
      statement.append(' ').append(line, 0, Math.min(line.length(), room));
    }
    scan(line);
  }

  /** Begins a statement: leaves the block that is skipped if the statement is outside of it. */
  private void enter(int indent, String code) {
    if (indent <= skippedIndent) {
      skippedIndent = -1;
    }
    if (skippedIndent < 0 && isSkipped(code)) {
      skippedIndent = indent;
    }
  }

  private boolean isSkipped(String code) {
    boolean function = code.startsWith("def ") || code.startsWith("async def ");
    return (function && !insideFunctions)
        || code.startsWith("if TYPE_CHECKING")
        || code.startsWith("if typing.TYPE_CHECKING");
  }

  private static int indent(String line) {
    int indent = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == ' ') {
        indent++;
      } else if (c == '\t') {
        indent = (indent / TAB + 1) * TAB;
      } else {
        break;
      }
    }
    return indent;
  }

  /** Follows strings and brackets to the line's end. */
  private void scan(String line) {
    isContinued = false;
    int i = 0;
    while (i < line.length()) {
      char c = line.charAt(i);
      if (!quotes.isEmpty()) {
        i = string(line, i);
      } else if (c == '#') {
        break;
      } else if (c == '"' || c == '\'') {
        quotes = line.startsWith(triple(c), i) ? triple(c) : String.valueOf(c);
        i += quotes.length();
      } else {
        brackets += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
        brackets = Math.max(0, brackets);
        isContinued = c == '\\' && i == line.length() - 1;
        i++;
      }
    }
    if (quotes.length() == 1) {
      quotes = ""; // Such a string ends with its line.
    }
  }

  private static String triple(char quote) {
    return quote == '"' ? "\"\"\"" : "'''";
  }

  /** Returns where to go on after one character of a string. */
  private int string(String line, int at) {
    if (line.charAt(at) == '\\') {
      return at + 2;
    }
    if (line.startsWith(quotes, at)) {
      int length = quotes.length();
      quotes = "";
      return at + length;
    }
    return at + 1;
  }

  private void endStatement() {
    String text = statement.toString();
    statement.setLength(0);
    if (!text.contains("import")) {
      return;
    }
    for (String part : text.split(";", -1)) {
      one(part.strip());
    }
    var called = CALLED.matcher(text);
    while (called.find()) {
      add(ImportedName.of(called.group(1)));
    }
  }

  private void one(String code) {
    if (code.startsWith("import ")) {
      for (String name : code.substring("import ".length()).split(",", -1)) {
        String module = firstWord(name);
        if (isDotted(module)) {
          add(ImportedName.of(module));
        }
      }
    } else if (code.startsWith("from ")) {
      from(code.substring("from ".length()));
    }
  }

  private void from(String code) {
    int middle = code.indexOf("import");
    if (middle < 0) {
      return;
    }
    String module = code.substring(0, middle).strip();
    int level = 0;
    while (level < module.length() && module.charAt(level) == '.') {
      level++;
    }
    String name = module.substring(level).strip();
    if (!(name.isEmpty() ? level > 0 : isDotted(name))) {
      return;
    }
    var names = new ArrayList<String>();
    for (String part : code.substring(middle + "import".length()).split("[,()\\\\]", -1)) {
      String word = firstWord(part);
      if (isDotted(word) && names.size() < most) {
        names.add(word);
      }
    }
    add(new ImportedName(name, level, names));
  }

  private void add(ImportedName name) {
    if (found.size() < most) {
      found.add(name);
    }
  }

  private static String firstWord(String text) {
    String stripped = text.strip();
    int end = 0;
    while (end < stripped.length() && !Character.isWhitespace(stripped.charAt(end))) {
      end++;
    }
    return stripped.substring(0, end);
  }

  private static boolean isDotted(String name) {
    return !name.isEmpty()
        && name.length() < 256
        && name.chars().allMatch(c -> c == '.' || Character.isJavaIdentifierPart(c));
  }
}
