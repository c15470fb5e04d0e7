package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.List;

/** What is to be done after an event, in the order it was decided. Guarded by the scheduler. */
final class Effects {
  private List<Effect> decided = new ArrayList<>();

  void add(Effect effect) {
    decided.add(effect);
  }

  /** Returns what was decided, and forgets it. */
  List<Effect> take() {
    List<Effect> taken = decided;
    decided = new ArrayList<>();
    return taken;
  }
}
