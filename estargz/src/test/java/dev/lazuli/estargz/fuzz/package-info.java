/**
 * Fuzz targets for everything that parses bytes from the network. In the normal build they run over
 * the inputs that lie beside them; {@code JAZZER_FUZZ=1 mvn test -Dtest=<target>} searches for
 * more.
 */
@NullMarked
package dev.lazuli.estargz.fuzz;

import org.jspecify.annotations.NullMarked;
