package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/** Knows the interpreters whose programs name what they load. */
final class StartRuntimes {
  private static final Pattern PYTHON = Pattern.compile("python3\\.\\d{1,3}");

  private final ImageStart start;
  private final MergedTree tree;
  private final StartBudget budget;
  private final StartPrograms programs;

  StartRuntimes(ImageStart start, MergedTree tree, StartBudget budget, StartPrograms programs) {
    this.start = start;
    this.tree = tree;
    this.budget = budget;
    this.programs = programs;
  }

  /** Returns what an interpreter loads; nothing for any other program. */
  List<StartWish> of(Started program) throws IOException {
    String name = program.file().name();
    if (PYTHON.matcher(name).matches()) {
      return new PythonStart(start, tree, budget, programs::library).wishes(program);
    }
    return switch (name) {
      case "java" -> new JavaStart(start, tree, programs::library).wishes(program);
      case "node", "nodejs" -> new NodeStart(start, tree, budget).wishes(program);
      default -> List.of();
    };
  }
}
