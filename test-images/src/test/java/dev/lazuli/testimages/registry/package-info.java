/** Tests of this package. */
@NullMarked
package dev.lazuli.testimages.registry;

import org.jspecify.annotations.NullMarked;
