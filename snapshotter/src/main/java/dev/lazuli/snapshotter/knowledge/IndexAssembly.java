package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.snapshotter.bulk.TreeWriter;

/**
 * With what a layer is made of an index that came from elsewhere.
 *
 * @param store where the layer goes
 * @param memory the budget for all indexes under construction on this node
 * @param trees writes the metadata image: none from elsewhere is ever mounted
 * @param limits what a layer may ask of this node
 */
public record IndexAssembly(
    LayerStore store, IndexMemory memory, TreeWriter trees, Limits limits) {}
