/** What the commands print: tables, progress, the log. Knows nothing of command lines. */
@NullMarked
package dev.lazuli.snapshotter.cli.output;

import org.jspecify.annotations.NullMarked;
