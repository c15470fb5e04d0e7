package dev.lazuli.snapshotter.fetch.plan;

import java.util.HashMap;
import java.util.Map;

/** How many streams are open, and for which origin of blobs. Guarded by the scheduler. */
final class Permits {
  private final int most;
  private final int mostLow;
  private final Map<String, Integer> byOrigin = new HashMap<>();
  private int taken;
  private int takenLow;

  /** There are {@code most} permits, {@code mostLow} of them for work that no reader waits for. */
  Permits(int most, int mostLow) {
    this.most = most;
    this.mostLow = mostLow;
  }

  boolean isFree() {
    return taken < most;
  }

  boolean isFreeForLow() {
    return taken < most && takenLow < mostLow;
  }

  int taken() {
    return taken;
  }

  /** Returns how many permits nobody may hold for long while others wait for one. */
  int half() {
    return Math.max(1, most / 2);
  }

  int takenBy(String origin) {
    return byOrigin.getOrDefault(origin, 0);
  }

  void take(String origin, Priority basePriority) {
    byOrigin.merge(origin, 1, Integer::sum);
    taken++;
    takenLow += basePriority == Priority.ON_DEMAND ? 0 : 1;
  }

  void giveBack(String origin, Priority basePriority) {
    byOrigin.computeIfPresent(origin, (_, count) -> count == 1 ? null : count - 1);
    taken--;
    takenLow -= basePriority == Priority.ON_DEMAND ? 0 : 1;
  }
}
