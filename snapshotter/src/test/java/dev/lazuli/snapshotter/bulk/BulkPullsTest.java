package dev.lazuli.snapshotter.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.demo.images.LayerEncoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("MustBeClosedChecker") // Handles cross threads here, and are closed after them.
final class BulkPullsTest extends BulkPullsRig {
  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "GZIP", "ZSTD"})
  void layer_isCompleteAndProved_andItsFilesAreInPlace(LayerEncoding encoding) throws Exception {
    var built = build(encoding, 7);
    var source = new RangedBlob(bytes(built));
    try (var data = pulls.pull(digest(built), IMAGE, source, true)) {
      assertThat(data.complete()).isTrue();
      assertThat(requireNonNull(data.record().proof()).diffId()).hasToString(built.diffId());
      assertThat(data.record().references()).containsExactly(IMAGE);
      assertThat(data.record().size()).isEqualTo(source.size());
      var hello = ByteBuffer.allocate(7);
      data.read(data.chunks().dataOffset(0), hello);
      assertThat(new String(hello.array(), UTF_8)).isEqualTo("hello 7");
    }
    assertThat(told).containsExactly("pulled " + source.size());
  }

  /** For each range, such a host would send all of the blob before it as well. */
  @Test
  void hostWithoutRanges_isAskedForTheWholeBlobOnce() throws Exception {
    blob.acceptsRanges = false;

    pulls.pull(digest(layer), IMAGE, blob, true).close();

    assertThat(blob.opened).containsExactly(0L);
  }

  @Test
  void layerThatIsHere_isTakenAsItIs() throws Exception {
    pulls.pull(digest(layer), IMAGE, blob, true).close();
    int before = blob.opened.size();

    try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }

    assertThat(blob.opened).hasSize(before);
  }

  @Test
  void wrongBytes_areAskedForOnceMore_andLeaveNothing() {
    blob.bytes = bytesOfAnother();

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("was sent as");

    assertThat(blob.wrong.get()).isEqualTo(1);
    assertThat(store.list()).isEmpty();
    assertThat(told).containsExactly("failed");
  }

  /** A registry may say of a blob what it likes. */
  @ParameterizedTest
  @ValueSource(ints = {-5000, -1, 1, 5000})
  void blobThatIsShorterOrLongerThanItIsSaidToBe_isNoLayer(int more) {
    blob.moreThanThereIs = more;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .isInstanceOf(IOException.class);

    assertThat(store.list()).isEmpty();
    assertThat(store.usedBytes()).isZero();
    assertThat(told).containsExactly("failed");
  }

  @Test
  void listenerThatFails_failsThePull_andHoldsNoHandle() throws Exception {
    listenerFails = true;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("a listener failed");

    assertThat(store.remove(digest(layer))).isTrue();
  }

  @Test
  void blobThatIsMoreThanTheDiskHasFree_isNotAskedFor() {
    blob.moreThanThereIs = Long.MAX_VALUE / 2;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("layer " + digest(layer))
        .hasMessageContaining("the blob alone needs " + blob.size() + " bytes");

    assertThat(blob.opened).isEmpty();
    assertThat(told).containsExactly("failed");
  }

  private byte[] bytesOfAnother() {
    try {
      return bytes(build(LayerEncoding.GZIP, 2));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void registryThatDiesHalfWay_leavesNothing_andTheNextPullWorks() throws Exception {
    blob.deadFrom = 2 << 20;
    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("registry died");
    assertThat(store.list()).isEmpty();
    assertThat(store.usedBytes()).isZero();

    blob.deadFrom = Long.MAX_VALUE;
    try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }
  }

  @Test
  void layerStoredByItsIndex_makesRoom_unlessItIsInUse() throws Exception {
    var record = LayerRecord.of(digest(layer), blob.size(), "ESTARGZ", "GZIP", null, -1);
    try (var there = store.create(record)) {
      Files.write(there.meta(), new byte[4096]);
      try (var used = there.commit()) {
        assertThat(used.complete()).isFalse();
        assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
            .hasMessageContaining("is mounted by an index");
      }
    }

    try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }
  }
}
