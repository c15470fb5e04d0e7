package dev.lazuli.estargz.compare;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** What a proof does with a blob, without a node around it. */
public final class WholeComparison {
  private WholeComparison() {}

  /** Reads a blob whole and returns what is wrong with it, or with an index of it. */
  public static Optional<String> problem(LayerIndex index, BlobSource blob) throws IOException {
    var memory = new IndexMemory(Limits.DEFAULT.indexBytes(), 1);
    try (var share = memory.share("test", Duration.ofMinutes(1))) {
      return problem(index, blob, share);
    }
  }

  static Optional<String> problem(LayerIndex index, BlobSource blob, IndexMemory.Share share)
      throws IOException {
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var check = new LayerCheck(Limits.DEFAULT, share, index);
        var range = blob.open(0, blob.size())) {
      var compression = index.format().compression();
      var found = decoder.decodeWhole(compression, range, index, new CollectingSink(), check);
      return found.problem().isPresent() ? found.problem() : check.difference(new IndexTree(index));
    }
  }
}
