package dev.lazuli.testimages.registry;

/**
 * What all connections of a registry share.
 *
 * @param routes the right answers
 * @param link the line to the clients
 * @param counters what was asked and sent
 * @param faults the wrong answers
 */
record RegistryCore(
    RegistryRoutes routes, NetworkLink link, CounterBoard counters, FaultScript faults) {}
