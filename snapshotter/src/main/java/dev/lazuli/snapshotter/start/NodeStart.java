package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What Node.js reads when it starts a program: the program, and what that requires or imports. */
final class NodeStart {
  private static final List<String> WITH_TEXT = List.of("-e", "--eval", "-p", "--print", "-pe");
  private static final List<String> WITH_MODULE =
      List.of("-r", "--require", "--import", "--loader", "--experimental-loader");

  private final ImageStart start;
  private final NodeModules modules;

  NodeStart(ImageStart start, NodeModules modules) {
    this.start = start;
    this.modules = modules;
  }

  /** Returns what the program reads first; the interpreter's own modules are in its binary. */
  List<StartWish> wishes(Started node) throws IOException {
    var wishes = new ArrayList<StartWish>();
    List<String> words = node.arguments();
    String directory = start.workingDirectory();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String next = i + 1 < words.size() ? words.get(i + 1) : "";
      if (WITH_TEXT.contains(word)) {
        wishes.addAll(modules.text(next, directory));
        return wishes;
      } else if (WITH_MODULE.contains(word)) {
        wishes.addAll(modules.module(next, directory));
        i++;
      } else if (!word.startsWith("-")) {
        wishes.addAll(modules.module(word.startsWith("/") ? word : "./" + word, directory));
        return wishes;
      }
    }
    return wishes;
  }
}
