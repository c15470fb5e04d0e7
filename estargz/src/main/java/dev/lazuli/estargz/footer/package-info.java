/**
 * The footers at the end of lazy layers, which say where the TOC lies. Parsed byte by byte: what
 * follows the facts inside them differs between writers.
 */
@NullMarked
package dev.lazuli.estargz.footer;

import org.jspecify.annotations.NullMarked;
