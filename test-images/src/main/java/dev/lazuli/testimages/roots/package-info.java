/**
 * Root file systems as distributions make them, on disk: bootstrapped, packages installed on top by
 * the distribution's own tools in an overlay, and what changed read back as an image's layer.
 */
@NullMarked
package dev.lazuli.testimages.roots;

import org.jspecify.annotations.NullMarked;
