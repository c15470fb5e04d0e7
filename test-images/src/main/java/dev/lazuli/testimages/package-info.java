/** What tests of every module need: what an input costs, and who cleans up. */
@NullMarked
package dev.lazuli.testimages;

import org.jspecify.annotations.NullMarked;
