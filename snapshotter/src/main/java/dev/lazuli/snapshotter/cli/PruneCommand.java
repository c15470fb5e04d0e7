package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.cli.input.Quantities;
import dev.lazuli.snapshotter.cli.output.StatusTable;
import dev.lazuli.snapshotter.status.PruneReport;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.StatusClient;
import java.util.HashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lazuli prune}: frees disk space. */
@Command(
    name = "prune",
    description = {
      "Free disk space: remove layers that no snapshot uses.",
      "With --all or --to, also evict content of other layers; it is fetched again when it is read."
          + " Layers that are pinned, or complete and mounted from disk, are kept."
    })
final class PruneCommand implements Callable<Integer> {
  /** How far to go beyond what no one uses. */
  static final class Extent {
    @Option(names = "--all", description = "Evict everything that can be evicted.")
    private boolean all;

    @Option(
        names = "--to",
        paramLabel = "SIZE",
        converter = Quantities.OfBytes.class,
        description = "Evict until all layers take no more than this, for example 10GiB.")
    private @Nullable Long bytes;
  }

  @ArgGroup private @Nullable Extent extent;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Only say how much would be freed.")
  private boolean dryRun;

  @Mixin private ConfigurationOptions configuration;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    var client = new StatusClient(configuration.load().statusSocket());
    var parameters = new HashMap<String, String>();
    parameters.put("dry_run", Boolean.toString(dryRun));
    var wanted = extent;
    if (wanted != null) {
      var bytes = wanted.bytes;
      parameters.put("to", wanted.all || bytes == null ? "0" : Long.toString(bytes));
    }
    print(client.ask("POST", "/prune", new Query(parameters), PruneReport.class));
    return 0;
  }

  private void print(PruneReport report) {
    var out = spec.commandLine().getOut();
    var verb = report.dryRun() ? "would remove" : "removed";
    report.removedLayers().forEach(layer -> out.println(verb + " " + layer));
    out.printf(
        "%s%s (%d bytes), layers take %s, of which %s cannot be freed%n",
        report.dryRun() ? "would free at most " : "freed ",
        StatusTable.size(report.freedBytes()),
        report.freedBytes(),
        StatusTable.size(report.diskBytes()),
        StatusTable.size(report.keptBytes()));
    out.flush();
  }
}
