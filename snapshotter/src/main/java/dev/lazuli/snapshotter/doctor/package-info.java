/**
 * {@code lazuli doctor}: what works on this machine, what does not, and what to do about it. Every
 * check asks what the daemon itself would ask; nothing is changed.
 */
@NullMarked
package dev.lazuli.snapshotter.doctor;

import org.jspecify.annotations.NullMarked;
