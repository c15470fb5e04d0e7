/** How tests wait for what other threads, processes and the kernel do. */
@NullMarked
package dev.lazuli.testimages.waiting;

import org.jspecify.annotations.NullMarked;
