/**
 * How a registry is convinced that we may read: challenges, token servers, tokens until they
 * expire.
 */
@NullMarked
package dev.lazuli.registry.auth;

import org.jspecify.annotations.NullMarked;
