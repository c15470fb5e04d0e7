/**
 * Images made lazy: from an OCI layout or a registry to another, layer by layer, with every
 * document that names them rewritten. Also finds the lazy layers of images for those who look at
 * them. Holds no layer in memory; what a layer becomes grows in a scratch file.
 */
@NullMarked
package dev.lazuli.snapshotter.convert;

import org.jspecify.annotations.NullMarked;
