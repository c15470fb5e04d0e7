package dev.lazuli.testimages.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Asks apt and dpkg, as anybody may; nothing is installed. */
final class Apt {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int MAX_MESSAGE = 300;

  private final Path cache;

  Apt(Path cache) {
    this.cache = cache;
  }

  /** Returns packages with all that they need at run time, without the virtual ones. */
  Set<String> closure(Collection<String> packages) throws IOException {
    List<String> words = new ArrayList<>(List.of("apt-cache", "depends", "--recurse"));
    for (var kind :
        List.of("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")) {
      words.add("--no-" + kind);
    }
    words.addAll(packages);
    Set<String> names = new TreeSet<>();
    for (var line : run(words)) {
      if (!line.isEmpty() && Character.isLetterOrDigit(line.charAt(0)) && line.indexOf(':') < 0) {
        names.add(line);
      }
    }
    return candidates(names);
  }

  /** Returns those of the packages that can be downloaded. */
  static Set<String> candidates(Set<String> names) throws IOException {
    List<String> words = new ArrayList<>(List.of("apt-cache", "policy"));
    words.addAll(names);
    Set<String> found = new TreeSet<>();
    var current = "";
    for (var line : run(Path.of("/"), words)) {
      if (line.endsWith(":") && !line.startsWith(" ")) {
        current = line.substring(0, line.length() - 1);
      } else if (line.startsWith("  Candidate: ") && !line.endsWith("(none)")) {
        found.add(current);
      }
    }
    return found;
  }

  /** Returns the archives of packages, downloading in one call those that are not yet there. */
  List<Path> download(Collection<String> names) throws IOException {
    List<String> missing = new ArrayList<>();
    for (var name : names) {
      if (archive(name).isEmpty()) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("apt-get", "--quiet", "download"));
      words.addAll(missing);
      run(words);
    }
    List<Path> archives = new ArrayList<>();
    for (var name : names) {
      archives.add(
          archive(name).orElseThrow(() -> new IOException("apt-get did not download " + name)));
    }
    return archives;
  }

  /** Returns the files of a package as a tar beside it. */
  Path unpack(Path archive) throws IOException {
    var tar = archive.resolveSibling(archive.getFileName() + ".tar");
    if (Files.notExists(tar)) {
      var part = archive.resolveSibling(archive.getFileName() + ".part");
      var words = List.of("dpkg-deb", "--fsys-tarfile", archive.toString());
      run(cache, words, part);
      Files.move(part, tar);
    }
    return tar;
  }

  private Optional<Path> archive(String name) throws IOException {
    try (var files = Files.newDirectoryStream(cache, name + "_*.deb")) {
      var all = files.iterator();
      return all.hasNext() ? Optional.of(all.next()) : Optional.empty();
    }
  }

  private List<String> run(List<String> words) throws IOException {
    return run(cache, words);
  }

  private static List<String> run(Path directory, List<String> words) throws IOException {
    var output = Files.createTempFile("apt", ".out");
    try {
      run(directory, words, output);
      return Files.readAllLines(output);
    } finally {
      Files.delete(output);
    }
  }

  private static void run(Path directory, List<String> words, Path output) throws IOException {
    var errors = Files.createTempFile("apt", ".err");
    try {
      var builder = new ProcessBuilder(words).directory(directory.toFile());
      builder.environment().put("LC_ALL", "C");
      var process = builder.redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
      if (await(process) != 0) {
        var command = String.join(" ", words);
        throw new IOException(
            command.substring(0, Math.min(MAX_MESSAGE, command.length()))
                + ": "
                + Files.readString(errors).strip());
      }
    } finally {
      Files.delete(errors);
    }
  }

  private static int await(Process process) throws IOException {
    try {
      if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(process.info().commandLine().orElse("apt") + ": took too long");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while apt was running", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
