/** gRPC over Unix sockets, for those who serve and those who ask. */
@NullMarked
package dev.lazuli.snapshotter.transport;

import org.jspecify.annotations.NullMarked;
