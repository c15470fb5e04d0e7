/** An OCI registry in this process, as slow as the link that it is given. */
@NullMarked
package dev.lazuli.demo.registry;

import org.jspecify.annotations.NullMarked;
