/** What the build's training run has a daemon do, so that its AOT cache holds what daemons use. */
@NullMarked
package dev.lazuli.snapshotter.cli.training;

import org.jspecify.annotations.NullMarked;
