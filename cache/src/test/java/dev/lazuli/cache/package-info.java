@NullMarked
package dev.lazuli.cache;

import org.jspecify.annotations.NullMarked;
