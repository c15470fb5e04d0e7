package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.layers.serve.LayerMounter;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import dev.lazuli.snapshotter.proof.Proofs;
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
    Proofs proofs,
    Findings findings,
    LayerMounter lazy,
    LayerMounter local,
    ScheduledExecutorService timer,
    LayersOptions options) {}
