package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.containerd.LayerState;
import dev.lazuli.snapshotter.registry.Descriptor;
import dev.lazuli.snapshotter.registry.Digest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PullProgressTest {
  private static final Descriptor BASE = layer("a", 2000);
  private static final Descriptor TOP = layer("b", 1000);

  private final StringWriter text = new StringWriter();

  private static Descriptor layer(String digit, long size) {
    return new Descriptor("", Digest.parse("sha256:" + digit.repeat(64)), size);
  }

  private String show(boolean terminal) {
    try (var progress = new PullProgress(new PrintWriter(text), terminal)) {
      progress.layers(List.of(BASE, TOP));
      progress.state(BASE, LayerState.MOUNTED);
      progress.state(TOP, LayerState.DOWNLOADING);
      progress.downloaded(TOP, 500);
    }
    return text.toString();
  }

  @Test
  void log_hasALineForEachStep() {
    assertThat(show(false).lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "sha256:aaaaaaaaaaaa 2,000 bytes mounted lazily",
            "sha256:bbbbbbbbbbbb 1,000 bytes downloading");
  }

  @Test
  void terminal_showsEachLayerInALineThatChanges() {
    var drawn = show(true);

    var last = drawn.substring(drawn.lastIndexOf("\u001b[2A") + 4).replaceAll(" +", " ");
    assertThat(last.lines())
        .containsExactly(
            "sha256:aaaaaaaaaaaa 2,000 bytes mounted lazily\u001b[K",
            "sha256:bbbbbbbbbbbb 1,000 bytes downloading 50 %\u001b[K");
    assertThat(drawn).startsWith("sha256:aaaaaaaaaaaa").contains("waiting");
  }
}
