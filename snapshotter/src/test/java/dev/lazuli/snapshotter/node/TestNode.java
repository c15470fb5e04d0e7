package dev.lazuli.snapshotter.node;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A daemon that can be told to come to grief in a state of its start: {@code STATE KIND key=value
 * ...}, or {@code - -} for none.
 */
final class TestNode {
  /** What happens in the state. */
  enum Grief {
    IO_EXCEPTION,
    RUNTIME_EXCEPTION,
    ERROR,
    HALT,
    TERM
  }

  private TestNode() {}

  public static void main(String[] args) {
    var settings =
        Arrays.stream(args)
            .skip(2)
            .map(argument -> argument.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    int code = 0;
    try {
      var config = Configuration.load(Path.of("/etc/lazuli/config.toml"), settings);
      StopSignal.handle();
      new NodeLife(config, "test", state -> reached(state, args[0], args[1])).run();
    } catch (Throwable e) {
      e.printStackTrace();
      code = 1;
    }
    System.exit(code);
  }

  private static void reached(NodeState state, String where, String grief) throws IOException {
    if (!state.name().equals(where)) {
      return;
    }
    switch (Grief.valueOf(grief)) {
      case IO_EXCEPTION -> throw new IOException("grief in " + where);
      case RUNTIME_EXCEPTION -> throw new IllegalStateException("grief in " + where);
      case ERROR -> throw new NoClassDefFoundError("grief in " + where);
      case HALT -> Runtime.getRuntime().halt(9);
      case TERM -> term();
    }
  }

  private static void term() throws IOException {
    var self = Long.toString(ProcessHandle.current().pid());
    new ProcessBuilder("kill", "-TERM", self).inheritIO().start();
    Eventually.until(() -> StopSignal.hasCome(StopSignal.TERM));
  }
}
