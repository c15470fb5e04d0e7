package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon is killed after it has stored a layer and before it has mounted it. */
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KilledMountIT {
  @TempDir Path directory;

  private NodeBed bed;

  @BeforeEach
  void open() throws IOException {
    bed = new NodeBed(directory);
  }

  @AfterEach
  void close() throws IOException {
    bed.close();
  }

  private boolean isMounted(String kind) throws IOException {
    var mounts = bed.root().resolve("mounts");
    return bed.mounts().stream()
        .anyMatch(mount -> mount.startsWith(mounts) && mount.toString().endsWith(kind));
  }

  private void unmountLayers() throws IOException {
    MountTable.unmountBelow(bed.root().resolve("mounts"));
  }

  /** What the record says once the layer is complete and nothing has proved it. */
  private void forgetTheProof() throws IOException {
    for (var file : bed.layerFiles()) {
      if (file.endsWith("layer.json")) {
        var text = Files.readString(file);
        assertThat(text).contains("\"proved\"");
        Files.writeString(file, text.replace("\"proved\"", "\"other\""));
      }
    }
  }

  @Test
  void completeLayer_isMountedOnceItCanBeServed_andTheDaemonStarts() throws Exception {
    var daemon = bed.serve("fetch.background=true");
    var _ = bed.mount();
    Eventually.until(() -> isMounted(".local"));
    var _ = daemon.end("KILL");
    unmountLayers();
    forgetTheProof();
    bed.stallRegistry();

    var _ = bed.serve();

    Eventually.until(() -> isMounted(".lazy"));
    var _ = bed.read(bed.mounted());
    bed.requireRightBytes();
    bed.endAndRequireNothingLeft();
  }

  @Test
  void incompleteLayer_isMountedForWhoeverNeedsItNext() throws Exception {
    var daemon = bed.serve();
    var _ = bed.mount();
    var _ = daemon.end("KILL");
    unmountLayers();

    var _ = bed.serve();

    Eventually.until(() -> isMounted(".lazy"));
    var _ = bed.read(bed.mounted());
    bed.requireRightBytes();
    bed.endAndRequireNothingLeft();
  }
}
