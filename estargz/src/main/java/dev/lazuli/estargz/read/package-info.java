/**
 * Opening and decoding: from a blob and a trusted digest to a {@link
 * dev.lazuli.estargz.toc.LayerIndex}, and from blob ranges to verified chunks. Memory is one fixed
 * window per stream, whatever the size of chunks and layers.
 */
@NullMarked
package dev.lazuli.estargz.read;

import org.jspecify.annotations.NullMarked;
