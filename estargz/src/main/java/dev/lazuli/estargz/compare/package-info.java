/**
 * Whether a layer shows what its tar unpacks to: the same names, with the same types, attributes
 * and content. Digests of chunks cannot tell; whoever makes a table of contents can give any chunk
 * any name.
 */
@NullMarked
package dev.lazuli.estargz.compare;

import org.jspecify.annotations.NullMarked;
