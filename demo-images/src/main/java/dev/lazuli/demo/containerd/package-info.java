/** A private containerd, and the commands of the machine. */
@NullMarked
package dev.lazuli.demo.containerd;

import org.jspecify.annotations.NullMarked;
