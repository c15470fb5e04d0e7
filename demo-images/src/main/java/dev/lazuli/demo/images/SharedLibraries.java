package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Finds the shared libraries of a program by asking its own dynamic loader ({@code ld.so --list}),
 * which knows run paths, the cache and the distribution's directories, and runs nothing.
 */
final class SharedLibraries {
  // "libc.so.6 => /lib/libc.so.6 (0x…)" or "/lib64/ld-linux-x86-64.so.2 (0x…)"
  private static final Pattern LINE =
      Pattern.compile("\\s*(?:\\S+ => )?(/\\S.*?)(?: \\(0x[0-9a-f]+\\))?\\s*");
  private static final int TIMEOUT_SECONDS = 20;

  private SharedLibraries() {}

  static List<Path> of(Path file, Path loader) throws IOException {
    var process =
        new ProcessBuilder(loader.toString(), "--list", file.toString())
            .redirectError(Redirect.DISCARD)
            .start();
    try (var output = process.inputReader(UTF_8)) {
      List<Path> libraries = new ArrayList<>();
      for (var line : output.lines().toList()) {
        var match = LINE.matcher(line);
        if (match.matches()) {
          libraries.add(Path.of(match.group(1)));
        } else if (line.contains("not found")) {
          throw new IOException("library of " + file + ": " + line.strip());
        }
      }
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(loader + " --list " + file + " failed");
      }
      return libraries;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(loader + " --list " + file + ": interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
