package dev.lazuli.snapshotter.node;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;

/** Finds out whether a daemon can use the places that its configuration names. */
final class NodePlaces {
  private NodePlaces() {}

  /**
   * Makes the directories, for their owner alone.
   *
   * @throws IOException if a place cannot be used; the message says which and why
   */
  static void check(Configuration config) throws IOException {
    PrivateDirectory.make(config.root(), "layers", "mounts", "tmp");
    PrivateDirectory.make(config.state());
  }

  /** Returns where metrics are served; only where they are. */
  static InetSocketAddress metricsAddress(Configuration config) {
    var uri = URI.create("tcp://" + config.metricsAddress().orElseThrow());
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }
}
