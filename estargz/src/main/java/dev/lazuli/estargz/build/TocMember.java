package dev.lazuli.estargz.build;

import java.io.IOException;
import java.io.OutputStream;

/** Compresses one stream while it is written, and tells a listener what went in. */
final class TocMember extends OutputStream {
  /** Hears of the uncompressed bytes. */
  @FunctionalInterface
  interface Listener {
    void bytes(byte[] bytes, int offset, int length);
  }

  private final StreamCompressor compressor;
  private final OutputStream out;
  private final Listener listener;
  private final ByteSink compressed = new ByteSink();

  TocMember(StreamCompressor compressor, OutputStream out, Listener listener) {
    this.compressor = compressor;
    this.out = out;
    this.listener = listener;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    listener.bytes(bytes, offset, length);
    compressor.write(bytes, offset, length, compressed);
    drain();
  }

  /** Ends the stream. */
  void finish() throws IOException {
    compressor.finish(compressed);
    drain();
  }

  private void drain() throws IOException {
    compressed.writeTo(out);
    compressed.clear();
  }
}
