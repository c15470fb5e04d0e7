package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.cli.output.StatusTable;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.StatusClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli pin}: keeps layers on the node. */
@Command(
    name = "pin",
    description = {
      "Keep images or layers on this node.",
      "None of their content is evicted, and layers stay for the next pull after their last"
          + " snapshot has gone. A pin outlives the daemon. Pinning fetches nothing; lazuli fetch"
          + " does."
    })
final class PinCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "IMAGE|LAYER",
      arity = "1..*",
      description = "An image's reference, a layer's digest or the beginning of one.")
  private List<String> names = List.of();

  @Option(names = "--unpin", description = "Remove the pin.")
  private boolean unpin;

  @Mixin private ConfigurationOptions configuration;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    var client = new StatusClient(configuration.load().statusSocket());
    var out = spec.commandLine().getOut();
    for (var name : names) {
      var query = new Query(Map.of("name", name, "unpin", Boolean.toString(unpin)));
      for (var layer : client.ask("POST", "/pin", query, LayerStatus[].class)) {
        out.printf(
            "%s %s, %s of %s present%n",
            layer.digest(),
            layer.pinned() ? "pinned" : "not pinned",
            StatusTable.size(layer.presentBytes()),
            StatusTable.size(layer.sizeBytes()));
      }
    }
    out.flush();
    return 0;
  }
}
