/** Reading tars, entry by entry, as Go's {@code archive/tar}, and so containerd, reads them. */
@NullMarked
package dev.lazuli.estargz.tar;

import org.jspecify.annotations.NullMarked;
