package dev.lazuli.registry.model;

import java.io.IOException;
import java.util.Optional;

/**
 * Where credentials come from. Asked when a registry demands them, from any thread, and possibly
 * slow; what it gives is kept for the life of the token made from it.
 */
@FunctionalInterface
public interface CredentialsProvider {
  /**
   * Finds credentials for one server.
   *
   * @param host the server that asks, {@code host[:port]}: a mirror gets only what is meant for the
   *     mirror
   * @param reference the image that is wanted
   * @throws IOException if the source is broken; other sources are then asked
   */
  Optional<Credentials> find(String host, ImageReference reference) throws IOException;

  /** A provider that knows no credentials: every request is anonymous. */
  static CredentialsProvider none() {
    return (host, reference) -> Optional.empty();
  }
}
