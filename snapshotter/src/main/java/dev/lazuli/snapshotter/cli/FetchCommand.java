package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.cli.input.Quantities;
import dev.lazuli.snapshotter.cli.output.FetchProgress;
import dev.lazuli.snapshotter.cli.output.Terminal;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli fetch}: completes layers now, and says how it goes. */
@Command(
    name = "fetch",
    description = {
      "Fetch everything that images or layers lack, now.",
      "Exits with 0 once everything is here; with 1 if that takes longer than the timeout, or if"
          + " nothing arrives for a minute because of errors or lack of space. The daemon goes on"
          + " fetching in either case."
    })
final class FetchCommand implements Callable<Integer> {
  private static final Duration PAUSE = Duration.ofMillis(300);

  /** How long nothing may arrive while there are errors, or while nothing is being fetched. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Parameters(
      paramLabel = "IMAGE|LAYER",
      arity = "1..*",
      description = "An image's reference, a layer's digest or the beginning of one.")
  private List<String> names = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "1h",
      converter = Quantities.OfTime.class,
      description = "How long to wait at most, for example 90s. Default: ${DEFAULT-VALUE}.")
  private Duration timeout = Duration.ZERO;

  @Mixin private ConfigurationOptions configuration;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    var client = new StatusClient(configuration.load().statusSocket());
    var progress = new FetchProgress(spec.commandLine().getOut(), Terminal.present());
    long began = System.nanoTime();
    var layers = ask(client, "POST", "/fetch");
    var stall = new Stall(layers, PATIENCE);
    while (!layers.stream().allMatch(LayerStatus::complete)) {
      progress.show(layers);
      if (System.nanoTime() - began > timeout.toNanos()) {
        progress.end();
        throw new CommandException(
            "not complete within the timeout; the daemon goes on fetching"
                + stall.lastError(layers));
      }
      if (stall.noticed(layers)) {
        progress.end();
        throw new CommandException("nothing is arriving" + stall.lastError(layers));
      }
      Thread.sleep(PAUSE);
      layers = ask(client, "GET", "/layers");
    }
    progress.show(layers);
    progress.end();
    return 0;
  }

  private List<LayerStatus> ask(StatusClient client, String method, String path)
      throws IOException {
    Map<String, LayerStatus> byDigest = new LinkedHashMap<>();
    for (var name : names) {
      var query = new Query(Map.of("name", name));
      for (var layer : client.ask(method, path, query, LayerStatus[].class)) {
        byDigest.put(layer.digest(), layer);
      }
    }
    return new ArrayList<>(byDigest.values());
  }

  /** Notices that nothing arrives because no registry answers or the disk is full. */
  private static final class Stall {
    private static final Set<FetchState> WORKING =
        EnumSet.of(FetchState.DEMAND, FetchState.PREFETCH, FetchState.BACKGROUND);
    private static final String NO_ROOM =
        ": nothing is being fetched: the disk is below cache.reserve, or layers are at cache.quota"
            + " (lazuli status)";

    private final Duration patience;
    private long present;
    private long errors;
    private long since = System.nanoTime();

    Stall(List<LayerStatus> layers, Duration patience) {
      this.patience = patience;
      present = present(layers);
      errors = errors(layers);
    }

    boolean noticed(List<LayerStatus> layers) {
      long now = System.nanoTime();
      if (present(layers) != present) {
        present = present(layers);
        errors = errors(layers);
        since = now;
      }
      return now - since > patience.toNanos() && (errors(layers) > errors || !working(layers));
    }

    String lastError(List<LayerStatus> layers) {
      return layers.stream()
          .flatMap(layer -> layer.lastError().stream())
          .findFirst()
          .map(error -> ": " + error)
          .orElse(working(layers) ? "" : NO_ROOM);
    }

    private static boolean working(List<LayerStatus> layers) {
      return layers.stream().map(LayerStatus::fetch).anyMatch(WORKING::contains);
    }

    private static long present(List<LayerStatus> layers) {
      return layers.stream().mapToLong(LayerStatus::presentBytes).sum();
    }

    private static long errors(List<LayerStatus> layers) {
      return layers.stream().mapToLong(LayerStatus::errors).sum();
    }
  }
}
