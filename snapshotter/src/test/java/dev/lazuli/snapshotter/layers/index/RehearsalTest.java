package dev.lazuli.snapshotter.layers.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RehearsalTest {
  @TempDir private Path state;

  @Test
  void layer_isLikeThatOfAPackage() throws Exception {
    var request = OpenRequest.of("rehearsal", new RehearsalLayer(), new TocTrust.Deferred());
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request)) {
      assertThat(index.inodeCount()).isEqualTo(3 + 120 * 18);
      assertThat(index.chunkCount()).isEqualTo(120 * 16);
    }
  }

  @Test
  void rehearsal_indexesTheLayer_andLeavesNothing() throws Exception {
    var left = Files.createDirectories(state.resolve("rehearsal/tmp/of-a-daemon-that-was-killed"));
    try (var rehearsal = Rehearsal.start(state)) {
      assertThat(rehearsal.await()).isTrue();
    }

    assertThat(left).doesNotExist();
    assertThat(state).isEmptyDirectory();
  }

  @Test
  void rehearsalWithoutAPlace_endsQuietly() throws Exception {
    var file = Files.createFile(state.resolve("file"));
    try (var rehearsal = Rehearsal.start(file)) {
      assertThat(rehearsal.await()).isFalse();
    }
  }

  @Test
  void rehearsalThatIsClosed_endsAndLeavesNothing() throws Exception {
    Rehearsal.start(state).close();

    assertThat(state.resolve("rehearsal/layers")).doesNotExist();
  }
}
