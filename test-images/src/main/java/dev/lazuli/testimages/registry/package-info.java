/** An OCI registry that counts, slows down and misbehaves on demand. */
@NullMarked
package dev.lazuli.testimages.registry;

import org.jspecify.annotations.NullMarked;
