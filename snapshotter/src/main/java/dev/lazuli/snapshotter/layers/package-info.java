/**
 * A layer's life on this node: resolved at its registry, indexed once, mounted, filled chunk by
 * chunk, complete, and gone with its last snapshot. Joins the modules below: formats, cache, kernel
 * bridge, registry client and fetch scheduler.
 *
 * <p>Who holds whom, from the daemon down to one layer:
 *
 * <pre>
 * NodeLayers (in node)            what snapshots and the store ask: RemoteLayers, lazy or not
 *   LayerService                  opens and closes what all layers share: LayerParts
 *     Layers                      finds a layer by its digest, decides how it is had
 *       LayersInUse               the layers that somebody claims, by digest
 *       SharedLayer               one layer while somebody claims it; makes or finds its files
 *         OpenLayer               its files, its fetching, its mounts
 *           LayerTruth            its proof, and whether reads of it fail
 * Claim                           a snapshot's hold on a SharedLayer: RemoteLayer
 * </pre>
 *
 * The last {@code Claim} that is released closes the {@code OpenLayer}.
 */
@NullMarked
package dev.lazuli.snapshotter.layers;

import org.jspecify.annotations.NullMarked;
