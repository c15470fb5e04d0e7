/**
 * The head start: what a container will read when it starts, worked out from the image's
 * configuration and from the files themselves, and fetched while its client still pulls.
 */
@NullMarked
package dev.lazuli.snapshotter.start;

import org.jspecify.annotations.NullMarked;
