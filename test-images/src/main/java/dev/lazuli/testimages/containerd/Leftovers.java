package dev.lazuli.testimages.containerd;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a containerd can leave behind: shims with their containers, control groups, files. */
final class Leftovers {
  private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
  private static final Path PROC = Path.of("/proc");
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * A container, as containerd's state directory names it.
   *
   * @param namespace of containerd
   * @param id within the namespace
   */
  record Container(String namespace, String id) {}

  private Leftovers() {}

  /** Lists the containers that have a bundle below containerd's state directory. */
  static List<Container> containers(Path state) throws IOException {
    var tasks = state.resolve("io.containerd.runtime.v2.task");
    List<Container> found = new ArrayList<>();
    for (var namespace : children(tasks)) {
      for (var bundle : children(namespace)) {
        found.add(
            new Container(namespace.getFileName().toString(), bundle.getFileName().toString()));
      }
    }
    return found;
  }

  /** Kills the shims that talk to a socket, with all processes of their containers. */
  static void killShims(Path socket) throws IOException {
    List<ProcessHandle> doomed = new ArrayList<>();
    for (var process : children(PROC)) {
      if (isShim(process, socket.toString())) {
        ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
            .ifPresent(
                shim -> {
                  shim.descendants().forEach(doomed::add);
                  doomed.add(shim);
                });
      }
    }
    doomed.forEach(ProcessHandle::destroyForcibly);
    await(doomed);
  }

  private static boolean isShim(Path process, String socket) {
    try {
      var words = Files.readString(process.resolve("cmdline"), ISO_8859_1).split("\0", -1);
      return words[0].contains("containerd-shim") && List.of(words).contains(socket);
    } catch (IOException gone) {
      return false;
    }
  }

  private static void await(List<ProcessHandle> processes) throws IOException {
    var ends = processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(ends).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException("processes that do not end: " + processes, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes the control groups of containers, in every hierarchy of version 1 and in version 2. */
  static void removeCgroups(List<Container> containers) throws IOException {
    List<Path> hierarchies = new ArrayList<>(children(CGROUPS));
    hierarchies.add(CGROUPS);
    for (var hierarchy : hierarchies) {
      for (var container : containers) {
        var parent = hierarchy.resolve(container.namespace());
        removeEmpty(parent.resolve(container.id()));
        removeEmpty(parent);
      }
    }
  }

  /** A group that others use too is not empty, and stays. */
  private static void removeEmpty(Path group) {
    try {
      Files.deleteIfExists(group);
    } catch (IOException inUse) {
      return;
    }
  }

  /** Removes a directory with all that is in it, following no link and crossing no mount. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path path, @Nullable IOException failure)
              throws IOException {
            Files.delete(path);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static List<Path> children(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(directory)) {
      return children.toList();
    }
  }
}
