/** Tests of root file systems. */
@NullMarked
package dev.lazuli.testimages.roots;

import org.jspecify.annotations.NullMarked;
