package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A Python of this machine.
 *
 * @param executable the interpreter itself, not a wrapper
 * @param libraries directories of its standard library
 */
public record HostPython(Path executable, List<Path> libraries) {
  private static final String QUESTION =
      """
      import os, sys, sysconfig
      print(os.path.realpath(sys.executable))
      print(sysconfig.get_path("stdlib"))
      print(sysconfig.get_path("platstdlib"))
      """;
  private static final int TIMEOUT_SECONDS = 20;

  /** Parts of the standard library that no program needs to run. */
  private static final Set<String> LEFT_OUT =
      Set.of("test", "tests", "idlelib", "site-packages", "dist-packages", "ensurepip", "tkinter");

  /** Copies the list. */
  public HostPython {
    libraries = List.copyOf(libraries);
  }

  /** Returns the {@code python3} of the search path or of {@code /usr/bin}, if one works. */
  public static Optional<HostPython> find() throws IOException {
    for (var candidate :
        List.of(
            Path.of("/usr/bin/python3"),
            HostFiles.find("python3").orElse(Path.of("/usr/bin/python3")))) {
      if (Files.isExecutable(candidate)) {
        var python = ask(candidate);
        if (python.isPresent()) {
          return python;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<HostPython> ask(Path candidate) throws IOException {
    var process =
        new ProcessBuilder(candidate.toString(), "-I", "-S", "-c", QUESTION)
            .redirectError(Redirect.DISCARD)
            .start();
    try (var output = process.inputReader(UTF_8)) {
      var lines = output.lines().map(Path::of).toList();
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)
          || process.exitValue() != 0
          || lines.size() != 3) {
        return Optional.empty();
      }
      return Optional.of(new HostPython(lines.get(0), lines.stream().skip(1).distinct().toList()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("asking " + candidate + ": interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Returns the interpreter with its shared libraries, without its standard library. */
  public ImageTree interpreter() throws IOException {
    return new HostFiles().program(executable).tree();
  }

  /** Returns the interpreter with everything it needs to run. */
  public ImageTree tree() throws IOException {
    var files = new HostFiles().program(executable);
    for (var library : libraries) {
      files.directory(library, path -> !LEFT_OUT.contains(String.valueOf(path.getFileName())));
    }
    return files.tree();
  }
}
