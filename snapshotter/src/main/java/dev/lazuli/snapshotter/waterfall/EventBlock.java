package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.fetch.plan.Priority;

/**
 * A few events of one layer, packed: no object for each. Three numbers an event: microseconds since
 * the record's beginning above kind and priority, then the two that the {@link EventKind} explains.
 * Guarded by the {@link StartRecord}.
 */
final class EventBlock {
  static final int EVENTS = 128;
  private static final int FIELDS = 3;
  private static final int KIND_BITS = 4;
  private static final int PRIORITY_BITS = 2;

  /** Memory that a block takes, its array's header included: 3 KiB. */
  static final int BYTES = EVENTS * FIELDS * Long.BYTES + 16;

  private static final Priority[] PRIORITIES = Priority.values();

  /** Whose events are in a block. */
  interface Owner {
    /** Hears that a block goes to another owner, with its events. */
    void lose(EventBlock block);
  }

  private final long[] fields = new long[EVENTS * FIELDS];
  private Owner owner;
  private int count;

  EventBlock(Owner owner) {
    this.owner = owner;
  }

  Owner owner() {
    return owner;
  }

  /** Forgets all events and takes those of another layer from now on. */
  void reuse(Owner newOwner) {
    owner = newOwner;
    count = 0;
  }

  boolean full() {
    return count == EVENTS;
  }

  int count() {
    return count;
  }

  @SuppressWarnings("EnumOrdinal") // Numbers that never leave this process.
  void add(long micros, EventKind kind, Priority priority, long first, long second) {
    int at = count++ * FIELDS;
    fields[at] =
        ((micros << KIND_BITS) | kind.ordinal()) << PRIORITY_BITS | (long) priority.ordinal();
    fields[at + 1] = first;
    fields[at + 2] = second;
  }

  long micros(int event) {
    return fields[event * FIELDS] >>> (KIND_BITS + PRIORITY_BITS);
  }

  EventKind kind(int event) {
    return EventKind.of((int) (fields[event * FIELDS] >>> PRIORITY_BITS) & ((1 << KIND_BITS) - 1));
  }

  Priority priority(int event) {
    return PRIORITIES[(int) fields[event * FIELDS] & ((1 << PRIORITY_BITS) - 1)];
  }

  long first(int event) {
    return fields[event * FIELDS + 1];
  }

  long second(int event) {
    return fields[event * FIELDS + 2];
  }

  void replace(int event, long first, long second) {
    fields[event * FIELDS + 1] = first;
    fields[event * FIELDS + 2] = second;
  }
}
