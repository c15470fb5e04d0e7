package dev.lazuli.snapshotter.start;

import dev.lazuli.bridge.erofs.CorruptImageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Finds shared libraries as the dynamic loaders of glibc and musl do, without their caches. */
final class Loader {
  private static final String MACHINE =
      System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");

  /** What these loaders search when nothing else is said; Debian and Alpine, Fedora, Arch. */
  private static final List<String> USUAL =
      List.of(
          "/usr/lib/" + triplet(),
          "/lib/" + triplet(),
          "/usr/lib64",
          "/lib64",
          "/usr/lib",
          "/lib",
          "/usr/local/lib");

  private final MergedTree tree;
  private final List<String> first;
  private final StartBudget budget;

  /** Names that were looked for in the directories that all files share. */
  private final Set<String> sought = ConcurrentHashMap.newKeySet();

  /**
   * Makes a loader.
   *
   * @param first searched before all usual directories
   * @param budget pays for every name that is looked for
   */
  Loader(MergedTree tree, List<String> first, StartBudget budget) {
    this.tree = tree;
    this.first = first;
    this.budget = budget;
  }

  /** Returns Debian's name of this machine's architecture, such as {@code x86_64-linux-gnu}. */
  static String triplet() {
    return MACHINE + "-linux-gnu";
  }

  /** Returns what nearly every container reads first: accounts, loaders, the C library. */
  static List<String> usualFiles() {
    return List.of(
        "/etc/passwd",
        "/etc/group",
        "/etc/ld.so.cache",
        "/lib64/ld-linux-x86-64.so.2",
        "/lib/ld-linux-aarch64.so.1",
        "/lib/ld-musl-" + MACHINE + ".so.1",
        "/usr/lib/" + triplet() + "/libc.so.6",
        "/lib/" + triplet() + "/libc.so.6",
        "/lib64/libc.so.6",
        "/etc/nsswitch.conf");
  }

  /** Returns the libraries and the interpreter that a file needs, as far as the image has them. */
  List<ImageFile> needs(Elf elf) throws CorruptImageException {
    var found = new ArrayList<ImageFile>();
    if (elf.interpreter().startsWith("/")) {
      tree.file(elf.interpreter()).ifPresent(found::add);
    }
    for (String name : elf.needed()) {
      find(name, elf.searched()).ifPresent(found::add);
    }
    return found;
  }

  private Optional<ImageFile> find(String name, List<String> searched)
      throws CorruptImageException {
    if (name.startsWith("/")) {
      return tree.file(name);
    }
    var own = find(name, searched.stream());
    if (own.isPresent() || sought.contains(name) || !budget.takeLibrary(name)) {
      return own;
    }
    sought.add(name);
    return find(name, Stream.of(first, USUAL).flatMap(List::stream));
  }

  private Optional<ImageFile> find(String name, Stream<String> directories)
      throws CorruptImageException {
    for (String directory : (Iterable<String>) directories::iterator) {
      var file = tree.file(directory + "/" + name);
      if (file.isPresent()) {
        return file;
      }
    }
    return Optional.empty();
  }
}
