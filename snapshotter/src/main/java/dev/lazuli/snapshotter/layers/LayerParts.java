package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.BulkPulls;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.knowledge.IndexSources;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.layers.serve.LayerMounter;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import dev.lazuli.snapshotter.proof.Proofs;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import java.util.concurrent.ScheduledExecutorService;

/** What every layer of the node shares. */
record LayerParts(
    LayerStore store,
    LayerOrigin origin,
    LayerIndexer indexer,
    FetchScheduler scheduler,
    ServedLayers served,
    LayerActivity activity,
    StartRecord record,
    FollowedStarts followed,
    Proofs proofs,
    Findings findings,
    LayerMounter lazy,
    LayerMounter local,
    ScheduledExecutorService timer,
    BulkPulls bulk,
    KeptIndexes kept,
    IndexSources sources,
    LayersOptions options) {
  /** Returns whether a layer is stored and was proved to be what its digest stands for. */
  boolean isTrue(Digest digest) {
    return store.record(digest).filter(LayerRecord::isProved).isPresent();
  }
}
