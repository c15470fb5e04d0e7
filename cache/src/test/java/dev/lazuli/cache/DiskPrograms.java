package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Programs of this machine that make, mount and measure file systems. */
final class DiskPrograms {
  private DiskPrograms() {}

  /** Runs a program, which has to succeed, and returns what it prints. */
  static String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    try {
      assertThat(process.waitFor()).as(output).isZero();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    return output;
  }

  /** Punches a hole into a file. */
  static void punch(Path file, long offset, long length) throws IOException {
    run("fallocate", "-p", "-o", offset + "", "-l", length + "", file.toString());
  }

  /** Returns whether a program is on the path. */
  static boolean has(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }
}
