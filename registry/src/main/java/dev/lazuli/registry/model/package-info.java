/**
 * What registries hold and what users of the client hand in or catch: references, manifests,
 * platforms, mirrors, proxies, listeners and failures. Knows nothing of how anything is fetched.
 */
@NullMarked
package dev.lazuli.registry.model;

import org.jspecify.annotations.NullMarked;
