package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Runs the system's own tools over a mount, as its users would. */
final class Shell {
  /** One line per file: name, type, mode, owner, size, time, links, target, device. */
  static final String STAT_ALL =
      "find . -mindepth 1 -printf '%P %y %m %U %G %s %T@ %n %l\\n' | sort;"
          + " find . \\( -type c -o -type b \\) -exec stat -c '%n %t %T' '{}' + | sort";

  static final String XATTRS_ALL = "getfattr -R -P -h -d -m - -e hex . | sort";

  static final String DIGEST_ALL = "find . -type f -print0 | sort -z | xargs -0 sha256sum";

  private Shell() {}

  /** Runs a command line in a directory; its output must be error-free. */
  static List<String> lines(Path directory, String commandLine)
      throws IOException, InterruptedException {
    return run(directory, List.of("bash", "-o", "pipefail", "-c", commandLine)).lines().toList();
  }

  static String run(Path directory, List<String> command) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    process.environment().put("LC_ALL", "C");
    var started = process.start();
    String output = new String(started.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(started.waitFor()).describedAs("%s: %s", command, output).isZero();
    return output.stripTrailing();
  }
}
