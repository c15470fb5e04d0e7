package dev.lazuli.estargz.compare;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.ztoc.FlatWriter.Table;
import dev.lazuli.estargz.ztoc.ZtocFiles;
import dev.lazuli.estargz.ztoc.ZtocLayerView;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the proof says of layers that were made of ztocs. */
class LyingZtocTest {
  private static Optional<String> problem(byte[] ztoc, byte[] blob, CollectingSink sink)
      throws IOException {
    var memory = new IndexMemory(64 << 20, 1);
    try (var layer = new ZtocLayerView(ztoc, blob.length, Limits.DEFAULT);
        var share = memory.share("test", Duration.ZERO);
        var decoder = new ChunkDecoder(Limits.DEFAULT);
        var check = new LayerCheck(Limits.DEFAULT, share, layer);
        var range = new MemoryBlob(blob).open(0, blob.length)) {
      var found = decoder.decodeWhole(layer.ztoc.compression(), range, layer, sink, check);
      return found.problem().isPresent()
          ? found.problem()
          : check.difference(new IndexTree(layer.index));
    }
  }

  private static Table file(String name, long offset, long size) {
    return new Table(
        name, "reg", offset, size, null, 0644L, null, null, null, null, "2023-11-14T22:13:20Z");
  }

  private static byte[] tar() {
    var tar = new OddTar();
    tar.file("a", "a".repeat(1000));
    tar.file("b", "b".repeat(1000));
    return tar.bytes();
  }

  @Test
  void ztocThatSociHasMade_isProved_andEveryChunkComes() throws IOException {
    var sink = new CollectingSink();

    assertThat(problem(ZtocFiles.real(), ZtocFiles.realLayer(), sink)).isEmpty();

    assertThat(sink.committed).hasSizeGreaterThan(5);
  }

  @Test
  void honestZtocOfATar_isProved() throws IOException {
    var tar = tar();
    var sink = new CollectingSink();
    var ztoc = ZtocFiles.plain(tar, 700, List.of(file("a", 512, 1000), file("b", 2048, 1000)));

    assertThat(problem(ztoc, tar, sink)).isEmpty();

    assertThat(new String(sink.committed.get(0), UTF_8)).isEqualTo("a".repeat(188));
    assertThat(sink.committed).hasSize(6);
  }

  @Test
  void entryThatIsElsewhere_isFoundOut() throws IOException {
    var tar = tar();
    var ztoc = ZtocFiles.plain(tar, 700, List.of(file("a", 513, 1000), file("b", 2048, 1000)));

    assertThat(problem(ztoc, tar, new CollectingSink())).isPresent();
  }

  @Test
  void filesThatHaveChangedNames_areFoundOut() throws IOException {
    var tar = tar();
    var ztoc = ZtocFiles.plain(tar, 700, List.of(file("b", 512, 1000), file("a", 2048, 1000)));

    assertThat(problem(ztoc, tar, new CollectingSink())).isPresent();
  }

  @Test
  void fileThatIsLeftOut_isFoundOut() throws IOException {
    var tar = tar();
    var ztoc = ZtocFiles.plain(tar, 700, List.of(file("a", 512, 1000)));

    assertThat(problem(ztoc, tar, new CollectingSink()).orElseThrow()).contains("/b");
  }

  @Test
  void digestOfAnotherSpan_isFoundOut_andNothingOfItIsStored() throws IOException {
    var tar = tar();
    var other = tar.clone();
    other[1200] = 'x';
    var ztoc = ZtocFiles.plain(other, 700, List.of(file("a", 512, 1000), file("b", 2048, 1000)));
    var sink = new CollectingSink();

    assertThat(problem(ztoc, tar, sink).orElseThrow()).contains("its index is wrong");

    assertThat(sink.committed).isEmpty();
  }
}
