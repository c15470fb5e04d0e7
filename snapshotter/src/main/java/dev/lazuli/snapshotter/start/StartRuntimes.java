package dev.lazuli.snapshotter.start;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Knows the interpreters whose programs name what they load. */
final class StartRuntimes {
  private static final Pattern PYTHON = Pattern.compile("python3\\.\\d{1,3}");

  private static final Pattern BYTECODE =
      Pattern.compile(
          "(?<directory>/.{1,4000})/__pycache__/(?<name>[^/.]{1,200})\\.cpython-3(?<minor>\\d{1,3})\\.pyc");

  private static final Pattern SOURCE =
      Pattern.compile("(?<directory>/.{1,4000})/(?<name>[^/.]{1,200})\\.py");

  private static final Pattern SCRIPT = Pattern.compile("/.{1,4000}\\.[cm]?js");

  private final ImageStart start;
  private final MergedTree tree;
  private final StartBudget budget;
  private final BiFunction<ImageFile, Double, StartWish> library;

  /** Made when it is first needed: it brings a reader of JSON with it. */
  @GuardedBy("this")
  private @Nullable NodeModules node;

  /** By the interpreter's release: 11 for 3.11. */
  private final Map<Integer, PythonModules> python = new ConcurrentHashMap<>();

  StartRuntimes(
      ImageStart start,
      MergedTree tree,
      StartBudget budget,
      BiFunction<ImageFile, Double, StartWish> library) {
    this.start = start;
    this.tree = tree;
    this.budget = budget;
    this.library = library;
  }

  private PythonStart pythonStart() {
    return new PythonStart(start, tree, budget, library, python);
  }

  private synchronized NodeModules nodeModules() {
    var known = node;
    if (known == null) {
      known = new NodeModules(tree, budget);
      node = known;
    }
    return known;
  }

  /** Returns what a module imports that somebody reads; nothing for any other file. */
  List<StartWish> read(ImageFile file) throws IOException {
    var bytecode = BYTECODE.matcher(file.path());
    if (bytecode.matches()) {
      int minor = Integer.parseInt(bytecode.group("minor"));
      return pythonStart().modules(minor).read(bytecode.group("directory"), bytecode.group("name"));
    }
    var source = SOURCE.matcher(file.path());
    if (source.matches() && python.size() == 1) {
      var modules = python.values().iterator().next();
      return modules.read(source.group("directory"), source.group("name"));
    }
    return SCRIPT.matcher(file.path()).matches()
        ? nodeModules().module(file.path(), "/")
        : List.of();
  }

  /** Returns what an interpreter loads; nothing for any other program. */
  List<StartWish> of(Started program) throws IOException {
    String name = program.file().name();
    if (PYTHON.matcher(name).matches()) {
      return pythonStart().wishes(program);
    }
    return switch (name) {
      case "java" -> new JavaStart(start, tree, library).wishes(program);
      case "node", "nodejs" -> new NodeStart(start, nodeModules()).wishes(program);
      default -> List.of();
    };
  }
}
