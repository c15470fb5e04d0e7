/**
 * What a TOC means: the tree of a layer with names cleaned, duplicates, hard links, whiteouts and
 * missing parents settled, every file's place in the data file, and the chunk table. All of it off
 * the heap.
 */
@NullMarked
package dev.lazuli.estargz.toc;

import org.jspecify.annotations.NullMarked;
