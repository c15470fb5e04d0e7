package dev.lazuli.registry.model;

import java.io.IOException;
import java.util.List;
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

  /**
   * Finds all that may be tried for one server, the likeliest first. Asked only once what {@link
   * #find} gives was refused, and may therefore cost more.
   *
   * @throws IOException if the source is broken and knows of nothing else
   */
  default List<Credentials> all(String host, ImageReference reference) throws IOException {
    return find(host, reference).stream().toList();
  }

  /** Is told that a registry has refused these: what is kept of them may have to be renewed. */
  default void refused(Credentials credentials) {}

  /** Is told that a registry has granted a request with these, the first time it does. */
  default void accepted(Credentials credentials, ImageReference reference) {}

  /** Returns the sources that it asks in turn; itself if there are no others behind it. */
  default List<CredentialsProvider> sources() {
    return List.of(this);
  }

  /** Returns where it looks, for people; empty if there is nothing to say of that. */
  default String places() {
    return "";
  }

  /** Returns what is wrong with it whatever is asked, without secrets, in one line each. */
  default List<String> faults() {
    return List.of();
  }

  /** A provider that knows no credentials: every request is anonymous. */
  static CredentialsProvider none() {
    return (host, reference) -> Optional.empty();
  }
}
