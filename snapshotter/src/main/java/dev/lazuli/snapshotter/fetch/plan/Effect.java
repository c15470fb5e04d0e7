package dev.lazuli.snapshotter.fetch.plan;

import java.util.concurrent.CompletableFuture;

/**
 * What {@link SchedulerState} wants done after an event. Effects of two events may be carried out
 * in any order, at the same time, and outside the lock.
 */
public sealed interface Effect {
  /** A stream is to be opened for the layer, and its end told. */
  record Open(LayerState layer, Flight flight) implements Effect {}

  /** The stream is to end as soon as it notices, for the reason that its flight has. */
  record End(Flight flight) implements Effect {}

  /** A reader's chunks are all there. */
  record Served(WaitingReader reader, long nanos) implements Effect {}

  /** A reader is to get an error. */
  record Failed(WaitingReader reader, FetchFailedException reason) implements Effect {}

  /** What somebody waits for has happened. */
  record Done(CompletableFuture<Void> future) implements Effect {}

  /** What somebody waits for will not happen. */
  record Dropped(CompletableFuture<Void> future) implements Effect {}

  /** What somebody has just asked for will not happen. */
  record Refused(CompletableFuture<Void> future, FetchFailedException reason) implements Effect {}

  /** The layer is to be recorded as complete, and the end of that told. */
  record Seal(LayerState layer) implements Effect {}

  /** Nothing works on the detached layer any more. */
  record Release(LayerState layer) implements Effect {}

  /** A stream became more urgent, or is to end: those at the gate have to look again. */
  record Wake() implements Effect {}
}
