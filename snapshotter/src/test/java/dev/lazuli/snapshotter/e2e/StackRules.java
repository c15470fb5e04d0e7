package dev.lazuli.snapshotter.e2e;

/** What random stacks may contain. */
final class StackRules {
  /** Directories without an entry of their own. */
  static final boolean IMPLIED = false;

  private StackRules() {}
}
