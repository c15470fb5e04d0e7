/**
 * What a Python module imports, read from its source or its byte code: text in, names out. Nothing
 * here runs what it reads, and the size of the input bounds the work.
 */
@NullMarked
package dev.lazuli.snapshotter.start.python;

import org.jspecify.annotations.NullMarked;
