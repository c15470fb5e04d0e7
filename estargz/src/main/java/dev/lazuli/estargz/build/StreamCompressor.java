package dev.lazuli.estargz.build;

/** Makes compressed streams (gzip members, zstd frames), one after the other. For one thread. */
sealed interface StreamCompressor extends AutoCloseable permits GzipCompressor, ZstdCompressor {
  /** Compresses bytes into the current stream, starting one if there is none. */
  void write(byte[] bytes, int offset, int length, ByteSink out);

  /** Ends the current stream. */
  void finish(ByteSink out);

  @Override
  void close();
}
