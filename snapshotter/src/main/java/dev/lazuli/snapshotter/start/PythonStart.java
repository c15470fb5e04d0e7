package dev.lazuli.snapshotter.start;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.snapshotter.start.python.ImportedName;
import dev.lazuli.snapshotter.start.python.PythonSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What CPython reads when it starts a program: what it imports itself, the {@code .pth} files of
 * its site directories, and the program with all that it imports.
 */
final class PythonStart {
  /** What every start of CPython imports that is not in its binary; up to 3.10 that is more. */
  private static final List<String> ITS_OWN =
      List.of("encodings", "encodings.aliases", "encodings.utf_8", "sitecustomize");

  private static final List<String> ITS_OWN_BEFORE_FROZEN =
      List.of("codecs", "io", "abc", "site", "os", "_bootlocale", "encodings.latin_1");

  private static final int FIRST_FROZEN = 11;

  /** It sets a locale, C.UTF-8 if none is asked for (PEP 538), and the time zone. */
  private static final List<String> BEFORE_ALL =
      List.of(
          "/usr/lib/locale/C.utf8/LC_CTYPE",
          "/usr/lib/" + Loader.triplet() + "/gconv/gconv-modules.cache",
          "/usr/lib64/gconv/gconv-modules.cache",
          "/etc/localtime");

  /** Options that take the next word as their value. */
  private static final List<String> WITH_VALUE = List.of("-X", "-W", "--check-hash-based-pycs");

  private final ImageStart start;
  private final MergedTree tree;
  private final StartBudget budget;
  private final BiFunction<ImageFile, Double, StartWish> library;
  private final Map<Integer, PythonModules> known;

  /**
   * Makes a reader of one image.
   *
   * @param library makes the wish for a shared library
   * @param known the modules of each release, for whoever reads them later
   */
  PythonStart(
      ImageStart start,
      MergedTree tree,
      StartBudget budget,
      BiFunction<ImageFile, Double, StartWish> library,
      Map<Integer, PythonModules> known) {
    this.start = start;
    this.tree = tree;
    this.budget = budget;
    this.library = library;
    this.known = known;
  }

  /** Returns a release's modules: those that a program's start has searched, or the usual ones. */
  PythonModules modules(int minor) {
    return known.computeIfAbsent(minor, this::usualModules);
  }

  private PythonModules usualModules(int minor) {
    var modules = new PythonModules(tree, budget, library, minor);
    for (String prefix : List.of("/usr/local", "/usr")) {
      String home = prefix + "/lib/python3." + minor;
      modules.search(home);
      modules.search(home + "/lib-dynload");
      usualSites("python3." + minor, home).forEach(modules::search);
    }
    return modules;
  }

  /** Returns what the interpreter reads first. */
  List<StartWish> wishes(Started python) throws IOException {
    int minor = Integer.parseInt(python.file().name().substring("python3.".length()));
    String name = python.file().name();
    String home = python.file().directory() + "/../lib/" + name;
    var modules = new PythonModules(tree, budget, library, minor);
    known.put(minor, modules);
    var wishes = new ArrayList<StartWish>();
    for (String path : BEFORE_ALL) {
      tree.file(path).ifPresent(file -> wishes.add(StartWish.whole(file, StartWish.LIKELY)));
    }
    var sites = sites(python, name, home, wishes);
    var command = PythonArguments.of(python.arguments());
    modules.search(firstDirectory(command));
    start.modulePath().forEach(modules::search);
    modules.search(home);
    modules.search(home + "/lib-dynload");
    sites.forEach(modules::search);
    for (String site : sites) {
      wishes.addAll(pathFiles(site, modules));
    }
    wishes.addAll(modules.imports(ITS_OWN.stream().map(ImportedName::of).toList(), ""));
    if (minor < FIRST_FROZEN) {
      wishes.addAll(
          modules.imports(ITS_OWN_BEFORE_FROZEN.stream().map(ImportedName::of).toList(), ""));
    }
    wishes.addAll(program(command, modules));
    return wishes;
  }

  /** Returns the directories of installed packages: a virtual environment's, or the usual ones. */
  private List<String> sites(Started python, String name, String home, List<StartWish> wishes)
      throws CorruptImageException {
    for (String place : List.of(python.directory(), python.directory() + "/..")) {
      var environment = tree.file(place + "/pyvenv.cfg");
      if (environment.isPresent()) {
        wishes.add(StartWish.whole(environment.get(), StartWish.SURE));
        return List.of(python.directory() + "/../lib/" + name + "/site-packages");
      }
    }
    return usualSites(name, home);
  }

  private static List<String> usualSites(String name, String home) {
    return List.of(
        "/usr/local/lib/" + name + "/dist-packages",
        home + "/site-packages",
        home + "/dist-packages",
        "/usr/lib/python3/dist-packages");
  }

  /** Lines of {@code .pth} files are directories to search, or code that is run. */
  private List<StartWish> pathFiles(String site, PythonModules modules)
      throws CorruptImageException {
    var wishes = new ArrayList<StartWish>();
    for (String name : tree.files(site)) {
      if (name.endsWith(".pth")) {
        tree.file(site + "/" + name)
            .filter(file -> file.size() <= budget.limits().scriptBytes())
            .map(
                file ->
                    StartWish.whole(
                        file,
                        StartWish.SURE,
                        StartWish.Purpose.SETTINGS,
                        pth -> pathFile(pth, site, modules)))
            .ifPresent(wishes::add);
      }
    }
    return wishes;
  }

  private List<StartWish> pathFile(ImageFile file, String site, PythonModules modules)
      throws IOException {
    var wishes = new ArrayList<StartWish>();
    int left = budget.limits().directories();
    for (String line : (Iterable<String>) file.text().lines()::iterator) {
      if (line.startsWith("import ") || line.startsWith("import\t")) {
        wishes.addAll(modules.imports(imports(line), ""));
      } else if (!line.isBlank() && !line.startsWith("#") && left-- > 0) {
        String directory = line.strip();
        wishes.addAll(
            modules.searchAsWell(directory.startsWith("/") ? directory : site + "/" + directory));
      }
    }
    return wishes;
  }

  private List<ImportedName> imports(String text) {
    return PythonSource.imports(text, budget.limits().imports(), /* insideFunctions= */ true);
  }

  private String firstDirectory(PythonArguments command) {
    if (command.script().isEmpty()) {
      return start.workingDirectory();
    }
    String script = absolute(command.script());
    return script.substring(0, script.lastIndexOf('/'));
  }

  private String absolute(String path) {
    return path.startsWith("/") ? path : start.workingDirectory() + "/" + path;
  }

  private List<StartWish> program(PythonArguments command, PythonModules modules)
      throws IOException {
    if (!command.text().isEmpty()) {
      return modules.imports(imports(command.text()), "");
    }
    if (!command.module().isEmpty()) {
      return modules.imports(
          List.of(
              ImportedName.of("runpy"),
              ImportedName.of(command.module()),
              new ImportedName(command.module(), 0, List.of("__main__"))),
          "");
    }
    var wishes = new ArrayList<StartWish>();
    if (!command.script().isEmpty()) {
      var script = tree.file(absolute(command.script()));
      if (script.isPresent() && script.get().size() <= budget.limits().scriptBytes()) {
        wishes.add(
            StartWish.whole(
                script.get(),
                StartWish.SURE,
                StartWish.Purpose.SCRIPT,
                file -> script(file, modules)));
      }
      wishes.addAll(modules.imports(command.applications(), ""));
    }
    return wishes;
  }

  private List<StartWish> script(ImageFile file, PythonModules modules) throws IOException {
    return modules.imports(imports(file.text()), "");
  }

  /**
   * What the interpreter's arguments say.
   *
   * @param text the program of {@code -c}; empty if there is none
   * @param module the module of {@code -m}; empty if there is none
   * @param script path of the program; empty if there is none
   * @param applications modules that the program's arguments name, as servers have it: {@code
   *     app:app}
   */
  record PythonArguments(
      String text, String module, String script, List<ImportedName> applications) {
    static PythonArguments of(List<String> arguments) {
      for (int i = 0; i < arguments.size(); i++) {
        String word = arguments.get(i);
        String next = i + 1 < arguments.size() ? arguments.get(i + 1) : "";
        if (word.matches("-[a-zA-Z]*c")) {
          return new PythonArguments(next, "", "", List.of());
        } else if (word.matches("-[a-zA-Z]*m")) {
          return new PythonArguments("", next, "", List.of());
        } else if (WITH_VALUE.contains(word)) {
          i++;
        } else if (!word.startsWith("-")) {
          var rest = arguments.subList(i + 1, arguments.size());
          return new PythonArguments("", "", word, applications(rest));
        }
      }
      return new PythonArguments("", "", "", List.of());
    }

    private static List<ImportedName> applications(List<String> words) {
      return words.stream()
          .filter(word -> word.matches("[A-Za-z_][\\w.]{0,200}:[A-Za-z_]\\w{0,50}(\\(\\))?"))
          .map(word -> ImportedName.of(word.substring(0, word.indexOf(':'))))
          .toList();
    }
  }
}
