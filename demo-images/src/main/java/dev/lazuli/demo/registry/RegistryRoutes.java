package dev.lazuli.demo.registry;

/** Decides how requests are answered. Called by the registry's event loop only. */
@FunctionalInterface
public interface RegistryRoutes {
  /** Returns the exchange that takes a request's body and answers it. */
  RegistryExchange open(IncomingRequest request);
}
