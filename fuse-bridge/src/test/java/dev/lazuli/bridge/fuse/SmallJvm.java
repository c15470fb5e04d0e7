package dev.lazuli.bridge.fuse;

import java.util.ArrayList;
import java.util.List;

/** Command lines that run a test's main class in a small JVM of its own. */
final class SmallJvm {
  private SmallJvm() {}

  static List<String> command(Class<?> main, String... arguments) {
    var command = new ArrayList<String>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
