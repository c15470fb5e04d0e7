package dev.lazuli.demo.images;

import static java.util.Objects.requireNonNull;

import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Files of this machine at the same paths in an image: programs with the shared libraries that they
 * load, and whole directories. Symbolic links on the way are kept as links, with what they lead to.
 * Owners become root. Not thread-safe.
 */
public final class HostFiles {
  private static final Path ROOT = Path.of("/");
  private static final int MAX_LINKS = 40; // as the kernel has it

  private final Map<String, TreeEntry> entries = new TreeMap<>();
  private Optional<Path> loader = Optional.empty();

  /** Looks a program up in the directories of {@code PATH}. */
  public static Optional<Path> find(String program) {
    var path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
    for (var directory : path.split(":", -1)) {
      var candidate = Path.of(directory).resolve(program);
      if (candidate.isAbsolute()
          && Files.isRegularFile(candidate)
          && Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /**
   * Adds a program, its dynamic loader and its shared libraries.
   *
   * @throws IOException if it is not there, or one of its libraries is not found
   */
  public HostFiles program(Path executable) throws IOException {
    add(executable);
    return this;
  }

  /**
   * Adds a directory with all that is below it and accepted, and the libraries of shared objects in
   * it.
   *
   * @param accept asked for each file and directory below; a directory refused is not entered
   */
  public HostFiles directory(Path directory, Predicate<Path> accept) throws IOException {
    add(directory);
    var top = directory.toRealPath();
    Files.walkFileTree(
        top,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            if (!path.equals(top) && !accept.test(path)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            add(path);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            if (accept.test(path) && Files.exists(path)) {
              add(path);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return this;
  }

  /** Returns the files in the order of their paths, so that directories precede what is in them. */
  public ImageTree tree() {
    return new ImageTree().addAll(entries.values());
  }

  private void add(Path path) throws IOException {
    add(path.toAbsolutePath().normalize(), MAX_LINKS);
  }

  /** Adds each component of a path from the root on; a link's target takes the link's place. */
  private void add(Path path, int linksLeft) throws IOException {
    if (linksLeft == 0) {
      throw new IOException("too many symbolic links in the path of " + path);
    }
    var at = ROOT;
    for (var name : path) {
      at = at.resolve(name);
      if (Files.isSymbolicLink(at)) {
        var target = Files.readSymbolicLink(at);
        put(at, new Node.Symlink(target.toString()));
        var rest = at.relativize(path);
        var led = at.resolveSibling(target).normalize();
        add(at.equals(path) ? led : led.resolve(rest), linksLeft - 1);
        return;
      }
      addHere(at);
    }
  }

  private void addHere(Path path) throws IOException {
    if (entries.containsKey(name(path))) {
      return;
    }
    if (Files.isDirectory(path)) {
      put(path, new Node.Directory());
    } else {
      put(path, new Node.RegularFile(FileContent.of(path)));
      addLibraries(path);
    }
  }

  private void addLibraries(Path path) throws IOException {
    var elf = ElfFile.read(path);
    if (elf.isPresent() && elf.get().dynamic()) {
      loader = elf.get().interpreter().or(() -> loader);
      if (loader.isPresent()) {
        add(loader.get());
        for (var library : SharedLibraries.of(path, loader.get())) {
          add(library);
        }
      }
    }
  }

  private void put(Path path, Node node) throws IOException {
    var mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    var modified = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
    var entry =
        new TreeEntry(name(path), node, requireNonNull(mode) & 07777, 0, 0, modified, Map.of());
    entries.putIfAbsent(entry.path(), entry);
  }

  private static String name(Path path) {
    return ROOT.relativize(path).toString();
  }
}
