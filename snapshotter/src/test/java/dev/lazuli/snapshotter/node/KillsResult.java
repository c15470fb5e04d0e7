package dev.lazuli.snapshotter.node;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** What was counted while daemons were killed. Safe for use by several threads. */
final class KillsResult {
  private final AtomicLong kills = new AtomicLong();
  private final AtomicLong layers = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong fallbacks = new AtomicLong();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final List<String> leftovers = new CopyOnWriteArrayList<>();

  void killed() {
    kills.incrementAndGet();
  }

  void layerRead() {
    layers.incrementAndGet();
  }

  void fileRead(boolean right, Path file) {
    reads.incrementAndGet();
    if (!right) {
      wrong.add(file.toString());
    }
  }

  /** A layer that was not mounted lazily: containerd would have pulled it whole. */
  void fallback() {
    fallbacks.incrementAndGet();
  }

  void error(String what) {
    errors.add(what);
  }

  void leftOver(String what) {
    leftovers.add(what);
  }

  long reads() {
    return reads.get();
  }

  long layers() {
    return layers.get();
  }

  List<String> wrong() {
    return wrong;
  }

  List<String> errors() {
    return errors;
  }

  List<String> leftovers() {
    return leftovers;
  }

  @Override
  public String toString() {
    return "kills %d, layers mounted and removed %d, files read %d, whole pulls %d, wrong bytes %d, errors %d, leftovers %d"
        .formatted(
            kills.get(),
            layers.get(),
            reads.get(),
            fallbacks.get(),
            wrong.size(),
            errors.size(),
            leftovers.size());
  }
}
