/**
 * The additional layer store: how Podman and CRI-O use the node's layers. It finds a layer by an
 * image's reference and a digest of a table of contents, and counts who uses it.
 */
@NullMarked
package dev.lazuli.snapshotter.podman;

import org.jspecify.annotations.NullMarked;
