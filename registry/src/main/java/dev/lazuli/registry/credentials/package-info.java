/**
 * Where users and passwords come from: Docker's configuration, its credential helpers, or a chain
 * of several.
 */
@NullMarked
package dev.lazuli.registry.credentials;

import org.jspecify.annotations.NullMarked;
