/**
 * Which hosts answer for a registry, and which of them is asked next: mirrors, {@code hosts.toml},
 * how each has answered lately, and what its refusals mean.
 */
@NullMarked
package dev.lazuli.registry.hosts;

import org.jspecify.annotations.NullMarked;
