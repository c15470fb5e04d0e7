package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code lazuli status}. */
@Command(
    name = "status",
    description = {
      "Show what the daemon of this machine is doing: its images and layers, how much of them is",
      "here, what is being fetched, what failed, and what could not be mounted lazily and why."
    })
final class StatusCommand implements Callable<Integer> {
  // Moves the cursor home and clears below: a redrawn table does not flicker as a cleared screen
  // does.
  private static final String REDRAW = "\u001b[H\u001b[J";
  private static final long SECOND = 1000;

  @Option(names = "--json", description = "Print JSON; with --watch one line each time.")
  private boolean json;

  @Option(
      names = "--watch",
      description = {
        "Go on until interrupted: redraw every second on a terminal, elsewhere print a line when",
        "something has changed."
      })
  private boolean watch;

  @Mixin private ConfigurationOptions configuration;

  @Spec private CommandSpec spec;

  private String lastLine = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    var client = new StatusClient(configuration.load().statusSocket());
    if (!watch) {
      print(json ? pretty(client.status()) : StatusTable.of(client.status(), Instant.now()));
      return 0;
    }
    for (var status = client.status(); ; status = client.status()) {
      show(status);
      Thread.sleep(SECOND);
    }
  }

  private void show(NodeStatus status) {
    if (json) {
      print(JsonMapper.shared().writeValueAsString(status) + "\n");
    } else if (Terminal.present()) {
      print(REDRAW + StatusTable.of(status, Instant.now()));
    } else {
      var line = StatusTable.totals(status);
      if (!line.equals(lastLine)) {
        lastLine = line;
        print(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + line + "\n");
      }
    }
  }

  private static String pretty(NodeStatus status) {
    var mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    return mapper.writeValueAsString(status) + "\n";
  }

  private void print(String text) {
    var out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
