/**
 * Indexes of layers that are made in one place and used in another: what reading a layer whole has
 * shown of it, so that others can read it lazily.
 */
@NullMarked
package dev.lazuli.estargz.index;

import org.jspecify.annotations.NullMarked;
