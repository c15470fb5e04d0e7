/** Tests of this package. */
@NullMarked
package dev.lazuli.testimages.images;

import org.jspecify.annotations.NullMarked;
