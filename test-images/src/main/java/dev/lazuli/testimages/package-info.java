/** What tests of every module need: measures of what an input costs. */
@NullMarked
package dev.lazuli.testimages;

import org.jspecify.annotations.NullMarked;
