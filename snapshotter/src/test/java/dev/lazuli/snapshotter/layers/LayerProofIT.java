package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node does of its own accord with a mounted layer: it proves it, or finds it out. */
final class LayerProofIT {
  private static final int FILES = 10;
  private static final int SIZE = 500_000;

  /** Bytes 4 to 7 of a gzip header are a time that no decoder looks at. */
  private static final int GZIP_TIME = 4;

  @TempDir Path directory;

  private static ImageTree tree() {
    var tree = new ImageTree();
    for (int i = 0; i < FILES; i++) {
      tree.file("file" + i, new GeneratedContent(SIZE, i + 1, GeneratedContent.NOISE));
    }
    return tree;
  }

  private NodeRig rig() throws IOException {
    return new NodeRig(directory, directory.resolve("root"), tree(), 0, true);
  }

  private static LayerStatus status(NodeRig rig) {
    return rig.service.layers().status().getFirst();
  }

  private static void eventually(NodeRig rig, Callable<Boolean> condition) throws IOException {
    Eventually.until(Duration.ofMinutes(2), condition, () -> rig.log().toString());
  }

  @Test
  void anHonestLayer_isProved_andThenMountedOnItsData_forTheBytesOfOneBlobMore() throws Exception {
    try (var rig = rig();
        var mounted = rig.mount()) {
      for (int i = 0; i < FILES * 3 / 10; i++) {
        assertThat(Files.readAllBytes(mounted.lowerDir().resolve("file" + i))).hasSize(SIZE);
      }

      eventually(rig, () -> status(rig).proof() == ProofState.PROVED);
      eventually(rig, () -> status(rig).mount() == MountKind.EROFS_LOCAL);

      // What readers fetched, three tenths and what lies beside it, and the blob for the proof.
      long size = rig.layer.size();
      assertThat(rig.registry.counters().blob(rig.layer.digest()).bodyBytes())
          .isBetween(size, size + size / 2);
    }
  }

  @Test
  void aLayerThatAnEarlierVersionCompleted_isProvedToo() throws Exception {
    var record = directory.resolve("root/layers/sha256");
    try (var rig = rig()) {
      var _ = rig.mount();
      eventually(rig, () -> status(rig).mount() == MountKind.EROFS_LOCAL);
      var digest = rig.layer.digest().substring("sha256:".length());
      record = record.resolve(digest.substring(0, 2)).resolve(digest).resolve("layer.json");
    }
    var text = Files.readString(record);
    assertThat(text).contains("\"proved\"", "\"diffId\"");
    Files.writeString(record, text.replace("\"proved\"", "\"other\""));

    try (var rig = rig();
        var mounted = rig.mount()) {
      eventually(rig, () -> status(rig).proof() == ProofState.PROVED);
      eventually(rig, () -> status(rig).mount() == MountKind.EROFS_LOCAL);

      // The whole blob, and a random chunk: the registry is another one for this node.
      assertThat(rig.registry.counters().blob(rig.layer.digest()).bodyBytes())
          .isBetween(rig.layer.size(), rig.layer.size() + 2L * SIZE);
      assertThat(Files.readAllBytes(mounted.lowerDir().resolve("file9"))).hasSize(SIZE);
    }
  }

  @Test
  void aBlobThatIsNotItsDigest_isFoundOut_andReadersGetErrors() throws Exception {
    try (var rig = rig()) {
      var blob = directory.resolve("layout/blobs").resolve(rig.layer.digest().replace(':', '/'));
      try (var file = FileChannel.open(blob, StandardOpenOption.WRITE)) {
        var _ = file.write(ByteBuffer.wrap(new byte[] {1}), GZIP_TIME);
      }
      try (var mounted = rig.mount()) {
        var lower = mounted.lowerDir();
        assertThat(Files.readAllBytes(lower.resolve("file0"))).hasSize(SIZE);

        eventually(rig, () -> status(rig).proof() == ProofState.LIED);

        assertThat(status(rig).proofReason().orElseThrow()).startsWith("its blob is sha256:");
        assertThat(status(rig).mount()).isEqualTo(MountKind.EROFS_LAZY);
        assertThat(mounted.finding().orElseThrow().lie()).isPresent();
        assertThatThrownBy(() -> Files.readAllBytes(lower.resolve("file9")))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Input/output error");
      }
    }
  }
}
