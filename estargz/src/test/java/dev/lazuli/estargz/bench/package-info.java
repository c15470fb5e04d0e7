/**
 * Measurements, run by hand: {@code java -cp <test class path> dev.lazuli.estargz.bench.DecodeBench
 * LAYER.tar}. Rivals run in turn within one JVM, so that both meet the same machine; figures are
 * the best of several rounds.
 */
@NullMarked
package dev.lazuli.estargz.bench;

import org.jspecify.annotations.NullMarked;
