package dev.lazuli.registry.hosts;

import java.io.IOException;

/** A request that is made to one host after another until one answers it. */
@FunctionalInterface
public interface HostCall<T> {
  /**
   * Asks one host, once.
   *
   * @throws HostFailure if it answered, but not with what was asked for
   * @throws IOException if it could not be asked
   */
  T at(RegistryHost host) throws IOException;
}
