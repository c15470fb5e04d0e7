package dev.lazuli.testimages.registry;

import dev.lazuli.demo.registry.RegistryRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which requests meet which fault. Rules are asked in the order in which they were added; the first
 * one that matches and has a fault left decides. All methods may be called by any thread.
 */
public final class FaultScript {
  private record Rule(Predicate<RegistryRequest> when, Deque<Fault> faults, boolean endless) {}

  private final List<Rule> rules = new ArrayList<>();
  private long injected;

  FaultScript() {}

  /** The next requests that match meet these faults, one each, in this order. */
  public synchronized FaultScript next(Predicate<RegistryRequest> when, Fault... faults) {
    rules.add(new Rule(when, new ArrayDeque<>(Arrays.asList(faults)), false));
    return this;
  }

  /** Every request that matches meets this fault. */
  public synchronized FaultScript always(Predicate<RegistryRequest> when, Fault fault) {
    rules.add(new Rule(when, new ArrayDeque<>(List.of(fault)), true));
    return this;
  }

  /** Forgets all rules. */
  public synchronized void clear() {
    rules.clear();
  }

  /** Returns how many requests have met a fault. */
  public synchronized long injected() {
    return injected;
  }

  synchronized Optional<Fault> faultFor(RegistryRequest request) {
    for (var rule : rules) {
      if (!rule.faults.isEmpty() && rule.when.test(request)) {
        injected++;
        return Optional.of(rule.endless ? rule.faults.getFirst() : rule.faults.removeFirst());
      }
    }
    return Optional.empty();
  }
}
