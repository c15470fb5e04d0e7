package dev.lazuli.demo.containerd;

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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a containerd can leave behind: shims with their containers, control groups, files. */
public final class Leftovers {
  private static final String TASKS = "io.containerd.runtime.v2.task";
  private static final String UNIX = "unix://";
  private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
  private static final Path RUNC = Path.of("/run/containerd/runc"); // where the shim puts it
  private static final Path PROC = Path.of("/proc");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * A container, as containerd's state directory names it.
   *
   * @param namespace of containerd
   * @param id within the namespace
   * @param shimSocket where its shim listens, if that is known
   */
  record Container(String namespace, String id, Optional<Path> shimSocket) {}

  private Leftovers() {}

  /** Lists the namespaces that have had containers, from containerd's state directory. */
  static List<String> namespaces(Path state) throws IOException {
    return children(state.resolve(TASKS)).stream()
        .map(namespace -> namespace.getFileName().toString())
        .toList();
  }

  /** Lists the containers that have a bundle below containerd's state directory. */
  static List<Container> containers(Path state) throws IOException {
    List<Container> found = new ArrayList<>();
    for (var namespace : namespaces(state)) {
      for (var bundle : children(state.resolve(TASKS).resolve(namespace))) {
        found.add(new Container(namespace, bundle.getFileName().toString(), shimSocket(bundle)));
      }
    }
    return found;
  }

  private static Optional<Path> shimSocket(Path bundle) {
    try {
      var address = Files.readString(bundle.resolve("address")).strip();
      return address.startsWith(UNIX)
          ? Optional.of(Path.of(address.substring(UNIX.length())))
          : Optional.empty();
    } catch (IOException notYetOrGone) {
      return Optional.empty();
    }
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
      throw new IOException("processes that did not exit: " + processes, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Removes what killed containers leave outside of containerd's directories: control groups, in
   * every hierarchy of version 1 and in version 2, runc's notes and the shims' sockets.
   */
  static void remove(List<Container> containers) throws IOException {
    List<Path> hierarchies = new ArrayList<>(children(CGROUPS));
    hierarchies.add(CGROUPS);
    for (var container : containers) {
      for (var hierarchy : hierarchies) {
        removeEmpty(hierarchy.resolve(container.namespace()).resolve(container.id()));
      }
      delete(RUNC.resolve(container.namespace()).resolve(container.id()));
      if (container.shimSocket().isPresent()) {
        Files.deleteIfExists(container.shimSocket().get());
      }
    }
  }

  /** Removes the control groups of containerd's namespaces that have no container left. */
  static void removeNamespaces(List<String> namespaces) throws IOException {
    for (var hierarchy : children(CGROUPS)) {
      namespaces.forEach(namespace -> removeEmpty(hierarchy.resolve(namespace)));
    }
    namespaces.forEach(namespace -> removeEmpty(CGROUPS.resolve(namespace)));
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
  public static void delete(Path directory) throws IOException {
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
