package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.ImageStatus;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.NodeUse;
import dev.lazuli.snapshotter.status.PruneReport;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that ask the daemon, over its socket. */
final class DaemonCommandsTest extends CommandLineRig {
  private static NodeStatus node(List<LayerStatus> layers) {
    return new NodeStatus(
        "1",
        2,
        Instant.now(),
        "/r",
        Optional.empty(),
        List.of(),
        0,
        0,
        new NodeUse(0, 0, 0, 0, 0, 0, 0, 0),
        ImageStatus.of(layers),
        layers,
        List.of());
  }

  @Test
  void status_asksTheDaemonOfTheStateDirectory(@TempDir Path state) throws IOException {
    var status = node(List.of());
    try (var _ =
        StatusServer.onSocket(
            state.resolve("status.sock"),
            new Routes().get("/status", Content.json(() -> status)))) {
      assertThat(run("status", "--state", state.toString())).isZero();
      assertThat(out.toString()).startsWith("lazuli 1, process 2, ").contains("0 layers");
      assertThat(run("status", "--json", "--state", state.toString())).isZero();
      assertThat(out.toString()).contains("\"layers\" : [ ]");
    }
  }

  private static LayerStatus layer(long present, boolean pinned, long errors) {
    return new LayerStatus(
        "sha256:" + "ab".repeat(32),
        "estargz",
        MountKind.EROFS_LAZY,
        present,
        2048,
        1024,
        4096,
        FetchState.PREFETCH,
        512,
        1,
        pinned,
        errors,
        errors == 0 ? Optional.empty() : Optional.of("status 503"),
        Optional.empty(),
        List.of("a:1"),
        List.of(),
        0);
  }

  @Test
  void fetch_asksUntilAllIsThere(@TempDir Path state) throws IOException {
    var asked = new AtomicInteger();
    var routes =
        new Routes()
            .post("/fetch", _ -> json(layer(0, false, 0)))
            .get("/layers", _ -> json(layer(1024L * asked.getAndIncrement(), false, 0)));
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("fetch", "a:1", "--state", state.toString())).isZero();
    }
    assertThat(asked).hasValue(3);
    assertThat(out.toString())
        .endsWith("1 of 1 layers complete, 2.00 KiB of 2.00 KiB (100%), 512 B/s\n");
  }

  @Test
  void fetchThatDoesNotComeInTime_failsWithTheLastError(@TempDir Path state) throws IOException {
    var routes =
        new Routes()
            .post("/fetch", _ -> json(layer(0, false, 3)))
            .get("/layers", _ -> json(layer(0, false, 3)));
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("fetch", "a:1", "--timeout=1ms", "--state", state.toString())).isEqualTo(1);
    }
    assertThat(err.toString())
        .isEqualTo(
            "lazuli: not complete within the timeout; the daemon goes on fetching: status 503\n");
  }

  @Test
  void pinAndPrune_sayWhatWasDone(@TempDir Path state) throws IOException {
    var seen = new ArrayList<Query>();
    var report = new PruneReport(true, List.of("sha256:01"), 5 << 20, 7 << 20, 1 << 20);
    var routes =
        new Routes()
            .post("/pin", query -> json(layer(1024, !query.flag("unpin"), 0)))
            .post(
                "/prune",
                query -> {
                  seen.add(query);
                  return Content.json(() -> report);
                });
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("pin", "a:1", "--state", state.toString())).isZero();
      assertThat(run("pin", "--unpin", "a:1", "--state", state.toString())).isZero();
      assertThat(run("prune", "-n", "--to", "1KiB", "--state", state.toString())).isZero();
      assertThat(run("prune", "--all", "--state", state.toString())).isZero();
    }
    var digest = "sha256:" + "ab".repeat(32);
    assertThat(out.toString().lines())
        .startsWith(
            digest + " pinned, 1.00 KiB of 2.00 KiB present",
            digest + " not pinned, 1.00 KiB of 2.00 KiB present",
            "would remove sha256:01",
            "would free at most 5.00 MiB (5242880 bytes), layers take 7.00 MiB, of which 1.00 MiB"
                + " cannot be freed");
    assertThat(seen)
        .extracting(Query::values)
        .containsExactly(
            Map.of("dry_run", "true", "to", "1024"), Map.of("dry_run", "false", "to", "0"));
  }

  private static Content json(LayerStatus... layers) {
    return Content.json(() -> layers);
  }

  @Test
  void refusalOfTheDaemon_isTheErrorLine(@TempDir Path state) throws IOException {
    var routes =
        new Routes()
            .post(
                "/pin",
                _ -> {
                  throw new RequestException(
                      RequestException.Reason.NOT_FOUND,
                      "no layer on this node belongs to image b");
                });
    try (var _ = StatusServer.onSocket(state.resolve("status.sock"), routes)) {
      assertThat(run("pin", "b", "--state", state.toString())).isEqualTo(1);
    }
    assertThat(err.toString()).isEqualTo("lazuli: no layer on this node belongs to image b\n");
  }

  @Test
  void status_withoutADaemon_isOneLine(@TempDir Path state) {
    assertThat(run("status", "--state", state.toString())).isEqualTo(1);
    assertThat(err.toString())
        .hasLineCount(1)
        .startsWith("lazuli: the daemon does not answer at " + state)
        .contains("no daemon runs with this state directory", "--state");
  }
}
