package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;

/**
 * Forwards every event to two listeners, in order.
 *
 * @param first hears everything first
 * @param second hears everything then
 */
record Listeners(FetchListener first, FetchListener second) implements FetchListener {
  @Override
  public void rangeOpened(String layer, long offset, long length, Priority priority) {
    first.rangeOpened(layer, offset, length, priority);
    second.rangeOpened(layer, offset, length, priority);
  }

  @Override
  public void firstByte(String layer, long offset) {
    first.firstByte(layer, offset);
    second.firstByte(layer, offset);
  }

  @Override
  public void bytesFetched(String layer, int bytes, Priority priority) {
    first.bytesFetched(layer, bytes, priority);
    second.bytesFetched(layer, bytes, priority);
  }

  @Override
  public void rangeDone(String layer, long offset, long bytes, long nanos, Priority priority) {
    first.rangeDone(layer, offset, bytes, nanos, priority);
    second.rangeDone(layer, offset, bytes, nanos, priority);
  }

  @Override
  public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
    first.rangeFailed(layer, offset, bytes, reason);
    second.rangeFailed(layer, offset, bytes, reason);
  }

  @Override
  public void chunkFetched(String layer, int chunk, long bytes, Priority priority) {
    first.chunkFetched(layer, chunk, bytes, priority);
    second.chunkFetched(layer, chunk, bytes, priority);
  }

  @Override
  public void chunkReused(String layer, int chunk, long bytes) {
    first.chunkReused(layer, chunk, bytes);
    second.chunkReused(layer, chunk, bytes);
  }

  @Override
  public void demandWaits(String layer, int fromChunk, int toChunk) {
    first.demandWaits(layer, fromChunk, toChunk);
    second.demandWaits(layer, fromChunk, toChunk);
  }

  @Override
  public void demandServed(String layer, int fromChunk, int toChunk, long nanos) {
    first.demandServed(layer, fromChunk, toChunk, nanos);
    second.demandServed(layer, fromChunk, toChunk, nanos);
  }

  @Override
  public void demandFailed(String layer, FetchFailedException reason) {
    first.demandFailed(layer, reason);
    second.demandFailed(layer, reason);
  }

  @Override
  public void sealFailed(String layer, IOException reason) {
    first.sealFailed(layer, reason);
    second.sealFailed(layer, reason);
  }

  @Override
  public void unexpected(String thread, Throwable error) {
    first.unexpected(thread, error);
    second.unexpected(thread, error);
  }

  @Override
  public void layerPulled(String layer, long bytes) {
    first.layerPulled(layer, bytes);
    second.layerPulled(layer, bytes);
  }

  @Override
  public void layerComplete(String layer) {
    first.layerComplete(layer);
    second.layerComplete(layer);
  }
}
