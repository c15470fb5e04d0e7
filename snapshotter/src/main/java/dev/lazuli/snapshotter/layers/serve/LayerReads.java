package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.start.ReadChain;
import dev.lazuli.snapshotter.waterfall.AheadReads;
import java.util.List;

/**
 * Watches the reads of one layer: counts them, and has what a chain of readers will want next
 * fetched along.
 *
 * @param ahead counts what was fetched before it was read
 * @param chain says what will be wanted next
 * @param followed head starts that misses lead on
 */
public record LayerReads(
    LayerData data, LayerFetch fetch, AheadReads ahead, ReadChain chain, FollowedStarts followed)
    implements ReadWatch {
  private static final List<ChunkRun> NOTHING = List.of();

  @Override
  public void reads(long offset, int length, int missing) {
    var chunks = data.chunks();
    int from = chunks.firstEndingAfter(offset);
    int to = chunks.firstStartingFrom(offset + length);
    ahead.read(from, to);
    chain.read(from, to);
    var along = missing < 0 ? NOTHING : chain.missed(missing);
    if (!along.isEmpty()) {
      var _ = fetch.prefetch(along);
    }
    if (missing >= 0) {
      followed.missed(data.slot(), Math.max(offset, chunks.dataOffset(missing)));
    }
  }
}
