package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "Ends with 0 when all is here; with 1 if it did not come within the timeout, or nothing came",
      "for a minute and there were errors. The daemon goes on fetching in either case."
    })
final class FetchCommand implements Callable<Integer> {
  private static final Duration PAUSE = Duration.ofMillis(300);

  /** Longest that nothing may arrive while there are errors. */
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
      description = "Longest to wait, for example 90s. Default: ${DEFAULT-VALUE}.")
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
            "not complete within the timeout; the daemon goes on" + stall.lastError(layers));
      }
      if (stall.noticed(layers)) {
        progress.end();
        throw new CommandException("nothing arrives" + stall.lastError(layers));
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

  /** Notices that nothing arrives for want of a registry that answers. */
  private static final class Stall {
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
      return errors(layers) > errors && now - since > patience.toNanos();
    }

    String lastError(List<LayerStatus> layers) {
      return layers.stream()
          .flatMap(layer -> layer.lastError().stream())
          .findFirst()
          .map(error -> ": " + error)
          .orElse("");
    }

    private static long present(List<LayerStatus> layers) {
      return layers.stream().mapToLong(LayerStatus::presentBytes).sum();
    }

    private static long errors(List<LayerStatus> layers) {
      return layers.stream().mapToLong(LayerStatus::errors).sum();
    }
  }
}
