/**
 * Writing lazy layers: from the tar of any layer to eStargz or zstd:chunked. Headers are copied
 * byte for byte, so nothing that a tar says is lost; compression runs on as many threads as allowed
 * and gives the same bytes on any number of them; memory is a few segments of a few MiB.
 */
@NullMarked
package dev.lazuli.estargz.build;

import org.jspecify.annotations.NullMarked;
