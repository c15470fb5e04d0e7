/**
 * The lazy layer formats: what a layer blob holds, where each chunk of each file lies in it, and
 * how its bytes become verified file content. Reads through {@link dev.lazuli.estargz.BlobSource}
 * and writes through {@link dev.lazuli.estargz.ChunkSink}, so it knows no socket, no mount and no
 * path of the host.
 */
@NullMarked
package dev.lazuli.estargz;

import org.jspecify.annotations.NullMarked;
