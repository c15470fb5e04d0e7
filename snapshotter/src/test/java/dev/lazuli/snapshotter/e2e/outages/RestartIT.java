package dev.lazuli.snapshotter.e2e.outages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import dev.lazuli.testimages.waiting.LiveDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A container that reads its image all the while sees nothing of a daemon that is killed. */
final class RestartIT {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int FILES = 120;
  private static final int FILE_BYTES = 300_000;
  private static final String CONTAINER = "restart";

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @Test
  void killedDaemons_costARunningContainerNothing() throws Exception {
    try (var registry = TestRegistry.start()) {
      var reference = serveImage(registry);
      registry.setLink(LinkProfile.of(20, 40));
      var daemon = start();
      daemon.awaitKnownTo(BED.containerd());
      pull(reference);
      var container = CompletableFuture.supplyAsync(() -> checksumUntilStopped(reference));
      awaitRunning(container);

      for (int i = 0; i < 3; i++) {
        awaitRequests(registry);
        daemon.kill();
        daemon = start();
      }

      // What ends a container needs the snapshotter, and containerd the time to find it again.
      daemon.awaitKnownTo(BED.containerd());
      ctr("task", "exec", "--exec-id", "stop", CONTAINER, "/bin/sh", "-c", ": > /stop");
      assertThat(container.get().strip()).endsWith(" times " + FILES + " files");
      assertThat(daemon.log()).doesNotContain("remote-snapshot-prepared=false");
      var layers = daemon.root().resolve("layers");
      assertThat(LiveDirectory.files(layers)).isNotEmpty();
      ctr("image", "rm", "--sync", reference);
      // Not only once the daemon has settled, or ends: what was taken over went with its snapshots.
      Eventually.asserted(() -> assertThat(LiveDirectory.files(layers)).isEmpty());
      daemon.close();
      assertThat(MountTable.below(BED.directory().resolve("d"))).isEmpty();
    }
  }

  /** Waits until the container has read on, and so is likely to wait for content. */
  private static void awaitRequests(TestRegistry registry) {
    long some = registry.counters().rangeRequests() + 3;
    Eventually.until(() -> registry.counters().rangeRequests() >= some);
  }

  private static DaemonProcess start() throws IOException {
    return BED.closeAtEnd(
        DaemonProcess.startKept(
            BED.directory().resolve("d"), BED.snapshotterSocket(), "fetch.background=false"));
  }

  private static String serveImage(TestRegistry registry) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var files = new ImageTree().directory("data");
    for (int i = 0; i < FILES; i++) {
      files.file("data/" + i, new GeneratedContent(FILE_BYTES, i, GeneratedContent.NOISE));
    }
    var programs =
        new HostFiles().program(Path.of("/bin/sh")).program(Path.of("/usr/bin/sha256sum")).tree();
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(programs)
            .layer(files)
            .build("latest");
    registry.serve("restart", layout);
    return registry.host() + "/restart:latest";
  }

  private static void pull(String reference) throws IOException {
    BED.containerd()
        .ctrRemote("image", "rpull", "--plain-http", "--snapshotter", "lazuli", reference)
        .within(LONG)
        .check();
  }

  /** Before it runs, containerd needs the daemon to make its root file system. */
  private static void awaitRunning(CompletableFuture<String> container) throws IOException {
    Eventually.until(
        LONG,
        () -> container.isCompletedExceptionally() || ctr("task", "ls").contains("RUNNING"),
        () -> "no container runs");
    assertThat(container).isNotCompletedExceptionally();
  }

  private static String checksumUntilStopped(String reference) {
    var program =
        """
        r=0
        until [ -e /stop ]; do
          n=0
          for f in /data/*; do sha256sum $f >/dev/null || exit 1; n=$((n+1)); done
          r=$((r+1))
        done
        echo $r times $n files
        """;
    try {
      return ctr(
          "run", "--rm", "--snapshotter", "lazuli", reference, CONTAINER, "/bin/sh", "-c", program);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static String ctr(String... arguments) throws IOException {
    return BED.containerd().ctr(arguments).within(LONG).check().output();
  }
}
