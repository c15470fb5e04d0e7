package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code lazuli status}. */
@Command(name = "status", description = "Show what the daemon of this machine is doing.")
final class StatusCommand implements Callable<Integer> {
  // Moves the cursor home and clears below: a redrawn table does not flicker as a cleared screen
  // does.
  private static final String REDRAW = "\u001b[H\u001b[J";
  private static final long SECOND = 1000;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = "--watch", description = "Print again every second, until interrupted.")
  private boolean watch;

  @Mixin private ConfigurationOptions configuration;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var client = new StatusClient(configuration.load().statusSocket());
    print(client.status());
    while (watch) {
      Thread.sleep(SECOND);
      print(client.status());
    }
    return 0;
  }

  private void print(NodeStatus status) {
    var out = spec.commandLine().getOut();
    if (json) {
      var mapper =
          JsonMapper.builder().configure(SerializationFeature.INDENT_OUTPUT, !watch).build();
      out.println(mapper.writeValueAsString(status));
    } else {
      if (watch && onTerminal()) {
        out.print(REDRAW);
      }
      out.print(StatusTable.of(status, Instant.now()));
    }
    out.flush();
  }

  @SuppressWarnings("SystemConsoleNull") // Since JDK 25 it is null again without a terminal.
  private static boolean onTerminal() {
    return System.console() != null && System.console().isTerminal();
  }
}
