package dev.lazuli.snapshotter.bulk;

import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;

/**
 * Notes of one layer what can be noted only while its blob is read whole. Whatever goes wrong with
 * the notes stays without effect on the pull. For one thread.
 */
public interface PullRecording extends AutoCloseable {
  /** Notes nothing. */
  PullRecording NONE =
      new PullRecording() {
        @Override
        public ContentSink beside(ContentSink layer) {
          return layer;
        }

        @Override
        public void succeeded(Compression compression) {}

        @Override
        public void close() {}
      };

  /**
   * Returns a sink that hands everything on, and notes it.
   *
   * @param layer where the layer's content goes; only its failures are the pull's
   */
  ContentSink beside(ContentSink layer);

  /**
   * Says that the blob was the right one and that the layer is stored. Called once at most, before
   * {@link #close}. Neither waits nor throws.
   */
  void succeeded(Compression compression);

  /** Forgets what was noted, unless the pull has succeeded. */
  @Override
  void close();
}
