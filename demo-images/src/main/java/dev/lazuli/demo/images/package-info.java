/** Builds real OCI images from declared trees and from programs of the machine. */
@NullMarked
package dev.lazuli.demo.images;

import org.jspecify.annotations.NullMarked;
