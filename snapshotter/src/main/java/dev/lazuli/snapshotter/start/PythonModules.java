package dev.lazuli.snapshotter.start;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.snapshotter.start.python.ImportedName;
import dev.lazuli.snapshotter.start.python.PythonBytecode;
import dev.lazuli.snapshotter.start.python.PythonSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds modules as CPython's own finders do, and follows what they import in turn. Byte code is
 * read where the interpreter would read it, otherwise the source. Safe for use by several threads.
 *
 * @see <a href="https://docs.python.org/3/reference/import.html">The import system</a>
 */
final class PythonModules {
  /** Modules that the binary of CPython holds from 3.11 on. */
  private static final Set<String> FROZEN =
      Set.of(
          "_collections_abc",
          "_sitebuiltins",
          "abc",
          "codecs",
          "genericpath",
          "importlib._bootstrap",
          "importlib._bootstrap_external",
          "importlib.machinery",
          "importlib.util",
          "io",
          "ntpath",
          "os",
          "posixpath",
          "runpy",
          "site",
          "stat",
          "zipimport");

  private static final int FIRST_FROZEN = 11;

  private final MergedTree tree;
  private final StartBudget budget;
  private final BiFunction<ImageFile, Double, StartWish> library;
  private final boolean isFrozen;
  private final String tag;
  private final List<String> suffixes;
  private final List<MergedTree.Directory> search = new ArrayList<>();
  private final Set<String> sought = new HashSet<>();
  private final Set<String> absent = new HashSet<>();
  private final Map<String, MergedTree.Directory> packages = new HashMap<>();
  private final Map<String, Optional<MergedTree.Directory>> caches = new HashMap<>();

  /**
   * Makes an empty one.
   *
   * @param library makes the wish for a shared library
   * @param minor the interpreter's release: 11 for 3.11
   */
  PythonModules(
      MergedTree tree,
      StartBudget budget,
      BiFunction<ImageFile, Double, StartWish> library,
      int minor) {
    this.tree = tree;
    this.budget = budget;
    this.library = library;
    this.isFrozen = minor >= FIRST_FROZEN;
    this.tag = ".cpython-3" + minor;
    this.suffixes =
        List.of(
            tag + "-" + Loader.triplet() + ".so",
            tag + "-" + Loader.triplet().replace("gnu", "musl") + ".so",
            ".abi3.so",
            ".so");
  }

  /** Adds a directory to search after those before; one that is not there is left out. */
  synchronized void search(String directory) {
    try {
      tree.directory(directory).ifPresent(search::add);
    } catch (CorruptImageException e) {
      // Nothing is found there.
    }
  }

  /** Adds a directory after others were searched already: what they did not have may be there. */
  synchronized List<StartWish> searchAsWell(String directory) throws CorruptImageException {
    int before = search.size();
    search(directory);
    var wishes = new ArrayList<StartWish>();
    if (search.size() > before) {
      var again = List.copyOf(absent);
      sought.removeAll(absent);
      absent.clear();
      for (String name : again) {
        module(name, wishes);
      }
    }
    return wishes;
  }

  /**
   * Returns what some imports read.
   *
   * @param within the package that relative imports begin at; empty if there is none
   */
  synchronized List<StartWish> imports(List<ImportedName> names, String within)
      throws CorruptImageException {
    var wishes = new ArrayList<StartWish>();
    for (ImportedName name : names) {
      String module = absolute(name, within);
      if (!module.isEmpty()) {
        module(module, wishes);
        for (String part : packages.containsKey(module) ? name.names() : List.<String>of()) {
          module(module + "." + part, wishes);
        }
      }
    }
    return wishes;
  }

  /**
   * Returns what a module reads that somebody has begun to read.
   *
   * @param directory where its source lies
   * @param simple its file's name without a suffix
   */
  synchronized List<StartWish> read(String directory, String simple) throws CorruptImageException {
    var wishes = new ArrayList<StartWish>();
    var within = packageOf(directory);
    if (within.isEmpty() && search.size() < budget.limits().directories()) {
      wishes.addAll(searchAsWell(directory));
      within = packageOf(directory);
    }
    if (within.isPresent()) {
      var name = within.get().isEmpty() ? simple : within.get() + "." + simple;
      module(simple.equals("__init__") ? within.get() : name, wishes);
    }
    return wishes;
  }

  /** Returns the package of a directory's modules: empty text for one that is searched itself. */
  private Optional<String> packageOf(String directory) {
    return search.stream()
        .map(MergedTree.Directory::path)
        .filter(searched -> directory.equals(searched) || directory.startsWith(searched + "/"))
        .max(Comparator.comparingInt(String::length))
        .map(searched -> directory.substring(searched.length()))
        .map(rest -> rest.isEmpty() ? "" : rest.substring(1).replace('/', '.'));
  }

  private static String absolute(ImportedName name, String within) {
    if (name.level() == 0) {
      return name.module();
    }
    String from = within;
    for (int level = 1; level < name.level() && !from.isEmpty(); level++) {
      from = parent(from);
    }
    return from.isEmpty() || name.module().isEmpty() ? from : from + "." + name.module();
  }

  private static String parent(String module) {
    return module.substring(0, Math.max(0, module.lastIndexOf('.')));
  }

  private void module(String name, List<StartWish> wishes) throws CorruptImageException {
    if (sought.contains(name) || name.length() > 255 || !budget.takeModule(name)) {
      return;
    }
    sought.add(name);
    String parent = parent(name);
    if (!parent.isEmpty()) {
      module(parent, wishes);
    }
    if (isFrozen && FROZEN.contains(name)) {
      return;
    }
    var directories = parent.isEmpty() ? search : within(parent);
    String simple = name.substring(name.lastIndexOf('.') + 1);
    for (MergedTree.Directory directory : directories) {
      if (simple.isEmpty() || find(directory, name, simple, wishes)) {
        return;
      }
    }
    if (parent.isEmpty()) {
      absent.add(name);
    }
  }

  private List<MergedTree.Directory> within(String parent) {
    var directory = packages.get(parent);
    return directory == null ? List.of() : List.of(directory);
  }

  private boolean find(
      MergedTree.Directory directory, String name, String simple, List<StartWish> wishes)
      throws CorruptImageException {
    var inside = directory.directory(simple);
    if (inside.isPresent()) {
      packages.put(name, inside.get());
      if (code(inside.get(), "__init__", name, wishes)) {
        return true;
      }
    }
    return code(directory, simple, parent(name), wishes) || inside.isPresent();
  }

  /** Looks for a module's code of any kind; adds what reads it. */
  private boolean code(
      MergedTree.Directory directory, String simple, String within, List<StartWish> wishes)
      throws CorruptImageException {
    for (String suffix : suffixes) {
      var extension = directory.file(simple + suffix);
      if (extension.isPresent()) {
        wishes.add(library.apply(extension.get(), StartWish.LIKELY));
        return true;
      }
    }
    var source = directory.file(simple + ".py").orElse(null);
    var cached = cache(directory).flatMap(cache -> cached(cache, simple));
    if (cached.isPresent()) {
      wishes.add(
          StartWish.whole(
              cached.get(),
              StartWish.LIKELY,
              StartWish.Purpose.MODULE,
              file -> bytecode(file, source, within)));
    } else if (source != null) {
      wishes.add(source(source, within));
    }
    return cached.isPresent() || source != null;
  }

  private Optional<MergedTree.Directory> cache(MergedTree.Directory directory)
      throws CorruptImageException {
    var known = caches.get(directory.path());
    if (known == null) {
      known = directory.directory("__pycache__");
      caches.put(directory.path(), known);
    }
    return known;
  }

  private Optional<ImageFile> cached(MergedTree.Directory cache, String simple) {
    try {
      return cache.file(simple + tag + ".pyc");
    } catch (CorruptImageException e) {
      return Optional.empty();
    }
  }

  private StartWish source(ImageFile file, String within) {
    return StartWish.whole(
        file,
        StartWish.LIKELY,
        StartWish.Purpose.MODULE,
        source -> {
          if (source.size() > budget.limits().scriptBytes()) {
            return List.of();
          }
          var text = source.text();
          return imports(PythonSource.imports(text, most(), /* insideFunctions= */ false), within);
        });
  }

  private int most() {
    return budget.limits().imports();
  }

  /** Takes the imports of byte code, unless the interpreter would find it older than its source. */
  private List<StartWish> bytecode(ImageFile file, @Nullable ImageFile source, String within)
      throws IOException {
    if (source != null && !isFresh(file, source)) {
      return List.of(source(source, within));
    }
    if (file.size() > budget.limits().scriptBytes()) {
      return List.of();
    }
    return imports(PythonBytecode.imports(file.read(0, (int) file.size()), most()), within);
  }

  private static boolean isFresh(ImageFile bytecode, ImageFile source) throws IOException {
    byte[] head = bytecode.read(0, PythonBytecode.HEADER_BYTES);
    return PythonBytecode.isFresh(head, source.modifiedSeconds(), source.size());
  }
}
