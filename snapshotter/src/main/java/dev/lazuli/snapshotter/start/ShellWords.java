package dev.lazuli.snapshotter.start;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The commands of a shell script, as far as they can be told without running it: words with
 * variables in them are left out, and so is what the shell does itself. One pass over the text.
 */
final class ShellWords {
  private static final Set<String> BEFORE_COMMANDS =
      Set.of("exec", "if", "then", "else", "elif", "while", "until", "do", "!", "{", "time");

  private static final Set<String> BUILT_IN =
      Set.of(
          "alias",
          "bg",
          "break",
          "case",
          "cd",
          "command",
          "continue",
          "declare",
          "done",
          "echo",
          "esac",
          "eval",
          "exit",
          "export",
          "false",
          "fg",
          "fi",
          "for",
          "function",
          "getopts",
          "hash",
          "in",
          "jobs",
          "kill",
          "let",
          "local",
          "printf",
          "pwd",
          "read",
          "readonly",
          "return",
          "select",
          "set",
          "shift",
          "shopt",
          "source",
          "test",
          "trap",
          "true",
          "type",
          "typeset",
          "ulimit",
          "umask",
          "unalias",
          "unset",
          "wait",
          ".",
          ":",
          "[",
          "[[",
          "}");

  private static final int MOST_WORD = StartLimits.DEFAULT.pathBytes();

  private final String text;
  private final int most;
  private final List<List<String>> commands = new ArrayList<>();
  private List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder();
  private boolean isWord;

  private ShellWords(String text, int most) {
    this.text = text;
    this.most = most;
  }

  /**
   * Returns commands with their arguments, in their order. A word that is longer than any path
   * becomes an empty one: each directory of PATH makes a copy of a program's name.
   *
   * @param most how many commands to return at most, and how many words of each
   */
  static List<List<String>> commands(String text, int most) {
    var shell = new ShellWords(text, most);
    int at = 0;
    while (at < text.length() && shell.commands.size() < most) {
      at = shell.next(at);
    }
    shell.endCommand();
    return shell.commands;
  }

  /** Takes what stands at a place; returns where to go on. */
  private int next(int at) {
    char c = text.charAt(at);
    switch (c) {
      case '\'', '"' -> {
        return quoted(at);
      }
      case '\\' -> {
        return escaped(at);
      }
      case '#' -> {
        if (!isWord) {
          int end = text.indexOf('\n', at);
          return end < 0 ? text.length() : end;
        }
        word.append(c);
      }
      case ' ', '\t', '\r' -> endWord();
      case '\n', ';', '&', '|', '(', ')', '`' -> endCommand();
      default -> {
        isWord = true;
        word.append(c);
      }
    }
    return at + 1;
  }

  private int escaped(int at) {
    boolean isLineBreak = at + 1 < text.length() && text.charAt(at + 1) == '\n';
    if (isLineBreak) {
      endWord();
    } else if (at + 1 < text.length()) {
      isWord = true;
      word.append(text.charAt(at + 1));
    }
    return at + 2;
  }

  private int quoted(int at) {
    char quote = text.charAt(at);
    isWord = true;
    int i = at + 1;
    while (i < text.length() && text.charAt(i) != quote) {
      if (quote == '"' && text.charAt(i) == '\\' && i + 1 < text.length()) {
        i++;
      }
      word.append(text.charAt(i));
      i++;
    }
    return i + 1;
  }

  private void endWord() {
    if (isWord && words.size() < most) {
      words.add(word.length() > MOST_WORD ? "" : word.toString());
    }
    word.setLength(0);
    isWord = false;
  }

  private void endCommand() {
    endWord();
    int from = 0;
    while (from < words.size() && isBefore(words.get(from))) {
      from++;
    }
    if (from < words.size() && isCommand(words.get(from)) && commands.size() < most) {
      commands.add(List.copyOf(words.subList(from, words.size())));
    }
    words = new ArrayList<>();
  }

  private static boolean isBefore(String word) {
    return BEFORE_COMMANDS.contains(word) || word.indexOf('=') > 0;
  }

  private static boolean isCommand(String word) {
    return !word.isEmpty()
        && !word.startsWith("-")
        && word.indexOf('$') < 0
        && !BUILT_IN.contains(word);
  }
}
