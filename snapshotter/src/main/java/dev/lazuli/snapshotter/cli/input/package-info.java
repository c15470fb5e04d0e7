/** What people write on the command line, as the commands understand it. */
@NullMarked
package dev.lazuli.snapshotter.cli.input;

import org.jspecify.annotations.NullMarked;
