/**
 * An HTTP/1.1 client for large bodies: pooled connections, TLS, proxies, and bodies that are lent
 * to their reader in the buffers of the socket, with back-pressure down to it.
 */
@NullMarked
package dev.lazuli.registry.http;

import org.jspecify.annotations.NullMarked;
