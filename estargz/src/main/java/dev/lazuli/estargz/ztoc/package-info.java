/**
 * Reads ztocs: what SOCI keeps beside an image for each of its gzip or uncompressed layers, so that
 * the layer can be read lazily as it is. A ztoc comes from a registry, so nothing of it is believed
 * before it was checked.
 */
@NullMarked
package dev.lazuli.estargz.ztoc;

import org.jspecify.annotations.NullMarked;
