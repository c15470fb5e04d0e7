/**
 * End-to-end tests: our daemon as a process, real containerd, runc, registry and clients. Here is
 * the main job, with what all tests need; the packages below hold the others by what they are
 * about.
 */
@NullMarked
package dev.lazuli.snapshotter.e2e;

import org.jspecify.annotations.NullMarked;
