/**
 * The client of OCI registries: references, manifests and blob ranges over one pool of connections,
 * one token cache and one memory of redirects per registry, shared by everything on the node. Blob
 * bodies are lent to their readers in the socket's own buffers, with back-pressure down to the
 * socket.
 */
@NullMarked
package dev.lazuli.registry;

import org.jspecify.annotations.NullMarked;
