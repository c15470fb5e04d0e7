package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.snapshotter.fetch.plan.Effect;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import dev.lazuli.snapshotter.fetch.plan.SchedulerState;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The scheduler's state behind its lock, which is never held while anything waits. Tells the state
 * the time, and others what follows from a change. Thread-safe.
 */
final class GuardedState {
  /** Something that the state is told of. */
  @FunctionalInterface
  interface Event {
    void happen(SchedulerState state, long now);
  }

  /** Something that the state is asked. */
  @FunctionalInterface
  interface Question<T> {
    T ask(SchedulerState state);
  }

  private final LongSupplier clock;
  private final Gate gate;
  private final Timekeeper timekeeper;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final SchedulerState state;

  GuardedState(FetchOptions options, LongSupplier clock, Gate gate, Timekeeper timekeeper) {
    this.clock = clock;
    this.gate = gate;
    this.timekeeper = timekeeper;
    this.state = new SchedulerState(options, clock.getAsLong());
  }

  /**
   * Tells the state of an event.
   *
   * @param toDo takes what is to be done now, without the lock; also if the event ends with an
   *     error, since the state counts on what it has decided
   */
  void change(Event event, Consumer<List<Effect>> toDo) {
    List<Effect> effects = List.of();
    boolean hurry = false;
    lock.lock();
    try {
      var pace = pace(state);
      long now = clock.getAsLong();
      try {
        event.happen(state, now);
      } finally {
        effects = state.takeEffects();
        hurry = pace(state).isSoonerThan(pace);
        gate.announce(state.demanded(now), state.receivingForReaders(), state.prefetching());
        changed.signalAll();
      }
    } finally {
      lock.unlock();
      if (hurry) {
        timekeeper.hurry();
      }
      toDo.accept(effects);
    }
  }

  /** Returns how soon the state has to be told the time. */
  static Timekeeper.Pace pace(SchedulerState state) {
    if (state.isIdle()) {
      return Timekeeper.Pace.IDLE;
    }
    return state.isQuiet() ? Timekeeper.Pace.QUIET : Timekeeper.Pace.BUSY;
  }

  /** Asks the state what changes nothing, or what nobody but the asking stream has to know. */
  <T> T ask(Question<T> question) {
    lock.lock();
    try {
      return question.ask(state);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing works on the layer any more, or for so many nanoseconds. */
  void awaitEnd(LayerState layer, long nanos) {
    long left = nanos;
    lock.lock();
    try {
      while (left > 0 && SchedulerState.isWorkedOn(layer)) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
