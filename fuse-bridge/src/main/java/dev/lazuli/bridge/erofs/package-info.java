/**
 * EROFS metadata images: a writer that compiles a layer's list of files into an image the kernel
 * mounts, a reader of the same image for everybody who is not the kernel, and the mounts
 * themselves. The images hold metadata only; the bytes of regular files lie on a second device, the
 * layer's data file.
 */
@NullMarked
package dev.lazuli.bridge.erofs;

import org.jspecify.annotations.NullMarked;
