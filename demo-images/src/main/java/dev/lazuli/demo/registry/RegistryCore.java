package dev.lazuli.demo.registry;

/**
 * What all connections of a registry share.
 *
 * @param routes the answers
 * @param link the line to the clients
 * @param counters what was asked and sent
 */
record RegistryCore(RegistryRoutes routes, NetworkLink link, CounterBoard counters) {}
