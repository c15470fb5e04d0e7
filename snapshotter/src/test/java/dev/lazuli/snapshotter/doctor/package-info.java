/** Tests of what the doctor finds. */
@NullMarked
package dev.lazuli.snapshotter.doctor;

import org.jspecify.annotations.NullMarked;
