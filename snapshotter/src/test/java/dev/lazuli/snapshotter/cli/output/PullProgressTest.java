package dev.lazuli.snapshotter.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.snapshotter.containerd.LayerProgress;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PullProgressTest {
  private static final Descriptor BASE = layer("a", 2000);
  private static final Descriptor TOP = layer("b", 1000);

  private final StringWriter text = new StringWriter();

  private static Descriptor layer(String digit, long size) {
    return new Descriptor("", Digest.parse("sha256:" + digit.repeat(64)), size);
  }

  private String show(boolean terminal) {
    try (var progress = new PullProgress(new PrintWriter(text), terminal, List::of)) {
      progress.layers(List.of(BASE, TOP));
      progress.state(BASE, LayerProgress.MOUNTED);
      progress.state(TOP, LayerProgress.DOWNLOADING);
      progress.downloaded(TOP, 500);
    }
    return text.toString();
  }

  @Test
  void log_hasALineForEachStep() {
    assertThat(show(false).lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "sha256:aaaaaaaaaaaa 2,000 bytes mounted",
            "sha256:bbbbbbbbbbbb 1,000 bytes downloading");
  }

  @Test
  void terminal_showsEachLayerInALineThatChanges() {
    var drawn = show(true);

    var last = drawn.substring(drawn.lastIndexOf("\u001b[2A") + 4).replaceAll(" +", " ");
    assertThat(last.lines())
        .containsExactly(
            "sha256:aaaaaaaaaaaa 2,000 bytes mounted\u001b[K",
            "sha256:bbbbbbbbbbbb 1,000 bytes downloading 50 %\u001b[K");
    assertThat(drawn).startsWith("sha256:aaaaaaaaaaaa").contains("waiting");
  }

  @Test
  void terminal_tellsWhatTheDaemonHasOfAMountedLayer() throws Exception {
    var asked = new CountDownLatch(2);
    PullProgress.Node node =
        () -> {
          asked.countDown();
          return List.of(onNode(FetchState.PREFETCH, 1200));
        };
    try (var progress = new PullProgress(new PrintWriter(text), true, node)) {
      progress.layers(List.of(BASE, TOP));
      progress.state(BASE, LayerProgress.MOUNTED);
      assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
    }

    assertThat(text.toString()).contains("mounted, prefetching, 1,200 of 5,000 bytes here");
  }

  @Test
  void daemonThatCannotBeAsked_isAskedNoMore() throws Exception {
    var asked = new AtomicInteger();
    PullProgress.Node node =
        () -> {
          asked.incrementAndGet();
          throw new IOException("no daemon answers");
        };
    try (var progress = new PullProgress(new PrintWriter(text), true, node)) {
      progress.layers(List.of(BASE));
      progress.state(BASE, LayerProgress.MOUNTED);
      Eventually.until(() -> !progress.isAsking());
    }

    assertThat(asked).hasValue(1);
    assertThat(text.toString()).contains("mounted");
  }

  private static LayerStatus onNode(FetchState fetch, long present) {
    return new LayerStatus(
        BASE.digest().toString(),
        "estargz",
        MountKind.EROFS_LAZY,
        present,
        5000,
        BASE.size(),
        8192,
        fetch,
        0,
        1,
        false,
        0,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        0);
  }
}
