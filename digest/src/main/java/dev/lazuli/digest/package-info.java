/** The names of content by its hash: the ground on which all other modules stand. */
@NullMarked
package dev.lazuli.digest;

import org.jspecify.annotations.NullMarked;
