package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what a scheduler tells. */
final class RecordingListener implements FetchListener {
  final AtomicLong backgroundBytes = new AtomicLong();
  final AtomicInteger unexpected = new AtomicInteger();
  final AtomicInteger failures = new AtomicInteger();
  final AtomicInteger complete = new AtomicInteger();
  final AtomicInteger sealFailures = new AtomicInteger();

  @Override
  public void bytesFetched(String layer, int bytes, Priority priority) {
    if (priority == Priority.BACKGROUND) {
      backgroundBytes.addAndGet(bytes);
    }
  }

  @Override
  public void unexpected(String thread, Throwable error) {
    unexpected.incrementAndGet();
  }

  @Override
  public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
    failures.incrementAndGet();
  }

  @Override
  public void sealFailed(String layer, IOException reason) {
    sealFailures.incrementAndGet();
  }

  @Override
  public void layerComplete(String layer) {
    complete.incrementAndGet();
  }
}
