package dev.lazuli.snapshotter.start;

import dev.lazuli.bridge.erofs.CorruptImageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds modules as Node.js does for {@code require} and {@code import}, and follows what they
 * require in turn. Of {@code exports} in a package.json, the entry for the package itself is
 * understood. Safe for use by several threads.
 *
 * @see <a href="https://nodejs.org/api/modules.html#all-together">CommonJS modules</a>
 * @see <a href="https://nodejs.org/api/packages.html">packages</a>
 */
final class NodeModules {
  private static final Pattern REQUIRED =
      Pattern.compile(
          "(?:\\brequire\\s{0,4}\\(|\\bfrom|\\bimport\\s{0,4}\\(?)\\s{0,8}(?:\"([^\"\\\\\\n"
              + "]{1,255})\"|'([^'\\\\\\n"
              + "]{1,255})')");

  private static final List<String> SUFFIXES = List.of("", ".js", ".cjs", ".mjs", ".json", ".node");
  private static final int MOST_DEPTH = 8;

  private final MergedTree tree;
  private final StartBudget budget;
  private final Set<String> sought = new HashSet<>();

  NodeModules(MergedTree tree, StartBudget budget) {
    this.tree = tree;
    this.budget = budget;
  }

  /** Returns what a program's text requires. */
  synchronized List<StartWish> text(String text, String directory) throws IOException {
    var wishes = new ArrayList<StartWish>();
    for (String name : required(text, budget.limits().imports())) {
      wishes.addAll(module(name, directory));
    }
    return wishes;
  }

  /** Returns the names that a text requires or imports, as they stand there. */
  static List<String> required(String text, int most) {
    return REQUIRED
        .matcher(text)
        .results()
        .limit(most)
        .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
        .toList();
  }

  /**
   * Returns what a module reads.
   *
   * @param name as it stands in the text
   * @param directory of the file that has the text
   */
  synchronized List<StartWish> module(String name, String directory) throws IOException {
    String key = name.startsWith("/") ? name : directory + "\0" + name;
    if (name.isEmpty()
        || name.startsWith("node:")
        || sought.contains(key)
        || !budget.takeModule(key)) {
      return List.of();
    }
    sought.add(key);
    var wishes = new ArrayList<StartWish>();
    if (name.startsWith("/")) {
      path(name, wishes);
    } else if (name.startsWith("./") || name.startsWith("../") || name.matches("\\.\\.?")) {
      path(directory + "/" + name, wishes);
    } else {
      installed(name, directory, wishes);
    }
    return wishes;
  }

  /** Looks in the {@code node_modules} of a directory and of all above it. */
  private void installed(String name, String directory, List<StartWish> wishes) throws IOException {
    String from = directory;
    for (int depth = 0; depth < budget.limits().directories(); depth++) {
      if (!from.endsWith("/node_modules") && path(from + "/node_modules/" + name, wishes)) {
        return;
      }
      if (from.isEmpty()) {
        break;
      }
      from = from.substring(0, Math.max(0, from.lastIndexOf('/')));
    }
    for (String usual : List.of("/usr/share/nodejs/", "/usr/lib/nodejs/")) { // Debian's.
      if (path(usual + name, wishes)) {
        return;
      }
    }
  }

  /** Looks for a file, or for a directory with a package. */
  private boolean path(String path, List<StartWish> wishes) throws IOException {
    if (file(path, wishes)) {
      return true;
    }
    var directory = tree.directory(path);
    if (directory.isEmpty()) {
      return false;
    }
    var description = directory.get().file("package.json");
    if (description.isPresent()) {
      String real = directory.get().path();
      wishes.add(
          StartWish.whole(
              description.get(),
              StartWish.LIKELY,
              StartWish.Purpose.SETTINGS,
              json -> main(json, real)));
      return true;
    }
    return file(directory.get().path() + "/index", wishes);
  }

  private boolean file(String path, List<StartWish> wishes) throws CorruptImageException {
    for (String suffix : SUFFIXES) {
      Optional<ImageFile> file = tree.file(path + suffix);
      if (file.isPresent()) {
        wishes.add(
            StartWish.whole(file.get(), StartWish.LIKELY, StartWish.Purpose.MODULE, this::look));
        return true;
      }
    }
    return false;
  }

  private List<StartWish> look(ImageFile file) throws IOException {
    if (file.size() > budget.limits().scriptBytes()
        || file.name().endsWith(".json")
        || file.name().endsWith(".node")) {
      return List.of();
    }
    var wishes = new ArrayList<>(text(file.text(), file.directory()));
    description(file).ifPresent(json -> wishes.add(StartWish.whole(json, StartWish.LIKELY)));
    return wishes;
  }

  /** Node reads the nearest package.json to learn of which kind a module is. */
  private Optional<ImageFile> description(ImageFile file) throws CorruptImageException {
    String directory = file.directory();
    for (int depth = 0; depth < MOST_DEPTH && !directory.endsWith("/node_modules"); depth++) {
      var json = tree.file(directory + "/package.json");
      if (json.isPresent() || directory.isEmpty()) {
        return json;
      }
      directory = directory.substring(0, Math.max(0, directory.lastIndexOf('/')));
    }
    return Optional.empty();
  }

  private List<StartWish> main(ImageFile json, String directory) throws IOException {
    var wishes = new ArrayList<StartWish>();
    if (json.size() <= budget.limits().scriptBytes()) {
      String main = NodePackage.main(json.read(0, (int) json.size()));
      if (!path(directory + "/" + (main.isEmpty() ? "index" : main), wishes)) {
        file(directory + "/index", wishes);
      }
    }
    return wishes;
  }
}
