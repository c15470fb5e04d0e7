package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.cli.output.StatusTable;
import dev.lazuli.snapshotter.cli.output.Terminal;
import dev.lazuli.snapshotter.cli.output.WaterfallOutput;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code lazuli status}. */
@Command(
    name = "status",
    description = {
      "Show what the daemon on this machine is doing.",
      "Its images and layers, how much of them is here, what is being fetched, what failed, and"
          + " what could not be mounted lazily and why."
    })
final class StatusCommand implements Callable<Integer> {
  // Moves the cursor home and clears below: a redrawn table does not flicker as a cleared screen
  // does.
  private static final String REDRAW = "\u001b[H\u001b[J";
  private static final long SECOND = 1000;

  @Option(names = "--json", description = "Print JSON; with --watch, one line each time.")
  private boolean json;

  @Option(
      names = "--watch",
      description = {
        "Keep going until interrupted: redraw every second on a terminal; elsewhere, print a line",
        "whenever something has changed."
      })
  private boolean watch;

  @Option(
      names = "--waterfall",
      paramLabel = "IMAGE",
      description = {
        "Draw how the start of an image's containers went: which file came when, and what waited",
        "for the network."
      })
  private @Nullable String waterfall;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "With --waterfall: write the picture to an HTML page instead of drawing it here.")
  private @Nullable Path html;

  @Mixin private ConfigurationOptions configuration;

  @Spec private CommandSpec spec;

  private String lastLine = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    check();
    var client = new StatusClient(configuration.load().statusSocket());
    if (waterfall != null) {
      new WaterfallOutput(waterfall, json, Optional.ofNullable(html))
          .print(client, spec.commandLine().getOut());
      return 0;
    }
    if (!watch) {
      print(json ? pretty(client.status()) : StatusTable.of(client.status(), Instant.now()));
      return 0;
    }
    for (var status = client.status(); ; status = client.status()) {
      show(status);
      Thread.sleep(SECOND);
    }
  }

  private void check() {
    if (waterfall != null && watch) {
      throw new ParameterException(
          spec.commandLine(), "--watch and --waterfall cannot be used together");
    }
    if (waterfall == null && html != null) {
      throw new ParameterException(spec.commandLine(), "--html needs --waterfall");
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
