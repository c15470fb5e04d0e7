/**
 * The few system calls and structs that the design needs, through {@code java.lang.foreign}, and
 * nothing else.
 */
@NullMarked
package dev.lazuli.bridge.kernel;

import org.jspecify.annotations.NullMarked;
