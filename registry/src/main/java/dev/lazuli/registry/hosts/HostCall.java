package dev.lazuli.registry.hosts;

import java.io.IOException;

/** What is asked of one host after another until one gives it. */
@FunctionalInterface
public interface HostCall<T> {
  /**
   * Asks one host, once.
   *
   * @throws HostFailure if it answered, but not with what was wanted
   * @throws IOException if it could not be asked
   */
  T at(RegistryHost host) throws IOException;
}
