package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.CorruptImageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds the programs of a command line, and what each of them reads to begin with. */
final class StartPrograms {
  private static final int HEAD_BYTES = 256;

  private static final int PAGE_BYTES = 4096;

  /** The share of a program's pages that a start reads at least, read-ahead left out. */
  private static final double PAGES_READ = 0.003;

  private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "ash", "busybox");

  /** Programs that start the one that their arguments name. */
  private static final Set<String> WRAPPERS =
      Set.of(
          "catatonit",
          "chpst",
          "docker-init",
          "dumb-init",
          "env",
          "gosu",
          "ionice",
          "nice",
          "nohup",
          "setpriv",
          "setsid",
          "stdbuf",
          "su-exec",
          "timeout",
          "tini");

  private final ImageStart start;
  private final MergedTree tree;
  private final StartBudget budget;
  private final Loader loader;
  private final StartRuntimes runtimes;

  /** Prepares for one image; {@code tree} and {@code budget} are shared with the walk. */
  StartPrograms(ImageStart start, MergedTree tree, StartBudget budget) {
    this.start = start;
    this.tree = tree;
    this.budget = budget;
    this.loader = new Loader(tree, start.libraryPath(), budget);
    this.runtimes = new StartRuntimes(start, tree, budget, this::library);
  }

  /** Returns what the start reads first, as far as the configuration tells. */
  List<StartWish> first() throws IOException {
    var wishes = new ArrayList<StartWish>();
    List<String> words = start.words();
    for (int i = 0; i < words.size(); i++) {
      boolean isFirst = i == 0 || i == start.entrypoint().size();
      if (isFirst || words.get(i - 1).equals("--")) {
        wishes.addAll(started(words.subList(i, words.size()), StartWish.SURE));
      }
    }
    for (String path : Loader.usualFiles()) {
      tree.file(path).ifPresent(file -> wishes.add(StartWish.whole(file, StartWish.LIKELY)));
    }
    for (String word : arguments()) {
      tree.file(absolute(word))
          .ifPresent(file -> wishes.add(StartWish.whole(file, StartWish.LIKELY)));
    }
    return wishes;
  }

  /** Words that may name files: {@code java -jar /app.jar}, {@code node server.js}. */
  private List<String> arguments() {
    return Stream.of(start.entrypoint(), start.command())
        .flatMap(words -> words.stream().skip(1))
        .filter(word -> !word.startsWith("-") && word.length() < 256 && !word.contains("\n"))
        .toList();
  }

  private String absolute(String path) {
    return path.startsWith("/") ? path : start.workingDirectory() + "/" + path;
  }

  /**
   * Returns what a command reads to begin with.
   *
   * @param words its name and its arguments
   * @param chance how likely it is started
   */
  List<StartWish> started(List<String> words, double chance) throws IOException {
    var program = program(words, chance);
    if (program.isEmpty()) {
      return List.of();
    }
    var wishes = new ArrayList<StartWish>();
    wishes.add(wish(program.get()));
    wishes.addAll(runtimes.of(program.get()));
    wishes.addAll(wrapped(program.get()));
    return wishes;
  }

  /**
   * Returns what a file leads to that somebody has begun to read: a program that was started, a
   * library that was loaded, a module that was imported.
   *
   * @param path where it lies in its layer
   * @param place what was read of the layer's data file
   */
  List<StartWish> read(String path, StartLayer layer, long place) throws IOException {
    var file = tree.file(path).filter(found -> found.layer() == layer);
    if (file.isEmpty()) {
      return List.of();
    }
    var modules = runtimes.read(file.get());
    long first = layer.chunkBytes(file.get().offset());
    boolean isHead = place - file.get().offset() < first;
    return modules.isEmpty() && isHead ? List.of(head(file.get())) : modules;
  }

  private StartWish head(ImageFile file) {
    return new StartWish(
        file.part(0, HEAD_BYTES), true, StartWish.SURE, StartWish.Purpose.READ, this::begun);
  }

  /** Other files than programs and libraries lead nowhere, and are left to their readers. */
  private List<StartWish> begun(ImageFile file) throws IOException {
    byte[] head = file.read(0, HEAD_BYTES);
    if (!Elf.starts(head)) {
      var program = new Started(file.path(), file, List.of(), StartWish.LIKELY);
      return isScript(head) ? script(program, head) : List.of();
    }
    boolean isProgram = !Elf.read(file, budget.limits()).interpreter().isEmpty();
    return List.of(
        isProgram
            ? wish(new Started(file.path(), file, List.of(), StartWish.SURE))
            : library(file, StartWish.SURE));
  }

  private static boolean isScript(byte[] head) {
    return head.length > 2 && head[0] == '#' && head[1] == '!';
  }

  private StartWish wish(Started program) {
    return StartWish.whole(
        program.file(), program.chance(), StartWish.Purpose.PROGRAM, _ -> look(program));
  }

  private Optional<Started> program(List<String> words, double chance)
      throws CorruptImageException {
    if (words.isEmpty() || words.getFirst().isEmpty()) {
      return Optional.empty();
    }
    String name = words.getFirst();
    var paths =
        name.contains("/")
            ? List.of(absolute(name))
            : start.path().stream().map(directory -> directory + "/" + name).toList();
    for (String path : paths) {
      var file = tree.file(path);
      if (file.isPresent()) {
        return Optional.of(new Started(path, file.get(), words.subList(1, words.size()), chance));
      }
    }
    return Optional.empty();
  }

  private List<StartWish> look(Started program) throws IOException {
    byte[] head = program.file().read(0, HEAD_BYTES);
    if (Elf.starts(head)) {
      var wishes = new ArrayList<>(libraries(program.file(), program.chance()));
      if (program.file().size() > budget.limits().wholeBytes()) {
        wishes.add(StartWish.all(program.file(), program.chance() * touched(program.file())));
      }
      return wishes;
    }
    return isScript(head) ? script(program, head) : List.of();
  }

  /**
   * Returns how likely it is that a start reads a chunk of a large program: it reads few of the
   * pages, but these are scattered, and a chunk of 4 MiB has a thousand of them.
   */
  private static double touched(ImageFile program) {
    double pages = (double) program.layer().chunkBytes(program.offset()) / PAGE_BYTES;
    return 1 - Math.pow(1 - PAGES_READ, pages);
  }

  /** Returns a library that is loaded, and what it leads to. */
  StartWish library(ImageFile file, double chance) {
    return StartWish.whole(
        file, chance, StartWish.Purpose.LIBRARY, library -> libraries(library, chance));
  }

  /** Returns the libraries that a file needs, and the parts of it that are read to load it. */
  private List<StartWish> libraries(ImageFile file, double chance) throws IOException {
    if (!Elf.starts(file.read(0, HEAD_BYTES))) {
      return List.of();
    }
    Elf elf = Elf.read(file, budget.limits());
    var wishes = new ArrayList<StartWish>();
    if (file.size() > budget.limits().wholeBytes()) {
      for (Elf.Extent extent : elf.loaded()) {
        wishes.add(StartWish.of(file.part(extent.at(), extent.length()), chance));
      }
    }
    for (ImageFile needed : loader.needs(elf)) {
      wishes.add(library(needed, chance));
    }
    return wishes;
  }

  private List<StartWish> wrapped(Started program) throws IOException {
    String name = program.asked().substring(program.asked().lastIndexOf('/') + 1);
    List<String> words = program.arguments();
    if (SHELLS.contains(name)) {
      boolean isText = words.size() > 1 && words.getFirst().matches("-[a-z]*c");
      return isText ? commands(words.get(1), StartWish.LIKELY) : List.of();
    }
    if (WRAPPERS.contains(name)) {
      for (int i = 0; i < words.size(); i++) {
        var wishes = started(words.subList(i, words.size()), program.chance());
        if (!wishes.isEmpty()) {
          return wishes;
        }
      }
    }
    return List.of();
  }

  private List<StartWish> commands(String text, double chance) throws IOException {
    var wishes = new ArrayList<StartWish>();
    for (List<String> words : ShellWords.commands(text, budget.limits().words())) {
      wishes.addAll(started(words, chance));
    }
    return wishes;
  }

  /** Returns the program of a script's first line, and what a shell's script starts. */
  private List<StartWish> script(Started program, byte[] head) throws IOException {
    String text = new String(head, 2, head.length - 2, UTF_8);
    var words =
        new ArrayList<>(List.of(text.lines().findFirst().orElse("").strip().split("[ \t]+", 3)));
    words.add(program.file().path());
    words.addAll(program.arguments());
    var wishes = new ArrayList<>(started(words, program.chance()));
    String name = words.getFirst().substring(words.getFirst().lastIndexOf('/') + 1);
    if (SHELLS.contains(name) && program.file().size() <= budget.limits().scriptBytes()) {
      wishes.addAll(commands(program.file().text(), StartWish.PERHAPS));
    }
    return wishes;
  }
}
