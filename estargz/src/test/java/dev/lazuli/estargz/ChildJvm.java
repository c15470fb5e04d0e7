package dev.lazuli.estargz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, for claims about memory. */
public final class ChildJvm {
  /** Runs a main class with these options and returns the lines it printed. */
  public static List<String> run(Class<?> main, String... options)
      throws IOException, InterruptedException {
    return run(main, List.of(), options);
  }

  /** Does the same with arguments for the main class. */
  public static List<String> run(Class<?> main, List<String> arguments, String... options)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("-XX:+UseSerialGC");
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var out = process.inputReader()) {
      var lines = out.lines().toList();
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as("%s", lines).isZero();
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }

  private ChildJvm() {}
}
