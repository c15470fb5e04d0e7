package dev.lazuli.estargz.bench;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CountingSink;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;

/**
 * Decoding every chunk of a layer, digests included, against {@link GZIPInputStream} over the same
 * blob and against a bare {@link Inflater} over the same deflate data. Decoding is single-threaded
 * and counted in processor time, so that a busy machine disturbs less.
 */
final class DecodeBench {
  private static final int ROUNDS = 7;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  public static void main(String[] args) throws Exception {
    var blob = Files.createTempFile("lazuli-bench-", ".blob");
    try (var file =
        FileChannel.open(
            blob,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      try (var layer = Files.newInputStream(Path.of(args[0]))) {
        var start = System.nanoTime();
        var built =
            new EstargzBuilder(BuildOptions.ESTARGZ.withLevel(6))
                .build(layer, Channels.newOutputStream(file));
        report("build, level 6", built.uncompressedSize(), System.nanoTime() - start);
      }
      var source = new ChannelBlobSource(file);
      try (var opener = new LayerOpener(Limits.DEFAULT);
          var decoder = new ChunkDecoder(Limits.DEFAULT);
          var index = opener.open(OpenRequest.of("bench", source, new TocTrust.Unverified()))) {
        System.out.printf("%d chunks, %d bytes%n", index.chunkCount(), file.size());
        best("lazuli, all chunks with SHA-256", () -> decodeAll(decoder, source, index));
        best("GZIPInputStream", () -> gunzip(file));
        best("Inflater and SHA-256", () -> inflate(source, index, true));
        best("Inflater", () -> inflate(source, index, false));
      }
    }
  }

  /** Does the work once and returns the bytes that came out. */
  @FunctionalInterface
  interface Work {
    long run() throws Exception;
  }

  private static void best(String name, Work work) throws Exception {
    var best = Long.MAX_VALUE;
    var bytes = 0L;
    for (int i = 0; i < ROUNDS; i++) {
      var start = THREADS.getCurrentThreadCpuTime();
      bytes = work.run();
      best = Math.min(best, THREADS.getCurrentThreadCpuTime() - start);
    }
    report(name, bytes, best);
  }

  private static void report(String name, long bytes, long nanos) {
    System.out.printf("%-34s %7.0f MB/s%n", name, bytes * 1e3 / nanos);
  }

  private static long decodeAll(ChunkDecoder decoder, ChannelBlobSource source, LayerIndex index)
      throws IOException {
    var counter = new CountingSink();
    try (var range = source.open(0, source.size())) {
      var all = IntStream.range(0, index.chunkCount()).toArray();
      decoder.decode(Compression.GZIP, range, 0, index, all, counter);
    }
    return counter.bytes();
  }

  private static long gunzip(FileChannel file) throws IOException {
    file.position(0);
    // Not closed: it would close the channel.
    var in = new GZIPInputStream(Channels.newInputStream(file), 64 << 10);
    var window = new byte[64 << 10];
    var bytes = 0L;
    for (int read = in.read(window); read >= 0; read = in.read(window)) {
      bytes += read;
    }
    return bytes;
  }

  /** Inflates exactly the chunks, with everything in memory and nothing in the way. */
  private static long inflate(ChannelBlobSource source, LayerIndex index, boolean digest)
      throws Exception {
    var sha256 = Digest.newSha256();
    var window = ByteBuffer.allocateDirect(64 << 10);
    var bytes = 0L;
    try (var inflater = new Inflater(true)) {
      for (int chunk = 0; chunk < index.chunkCount(); chunk++) {
        var from = index.chunkBlobOffset(chunk);
        var compressed = read(source, from, index.chunkBlobEnd(chunk) - from);
        inflater.reset();
        inflater.setInput(compressed.position(10));
        for (long left = index.chunkSize(chunk); left > 0; left -= window.limit()) {
          window.clear().limit((int) Math.min(left, window.capacity()));
          var made = 1;
          while (window.hasRemaining() && made > 0) {
            made = inflater.inflate(window);
          }
          bytes += window.flip().limit();
          if (digest) {
            sha256.update(window.duplicate());
          }
        }
        if (digest) {
          sha256.digest();
        }
      }
    }
    return bytes;
  }

  private static ByteBuffer read(ChannelBlobSource source, long from, long length)
      throws IOException {
    var all = ByteBuffer.allocateDirect((int) length);
    try (var range = source.open(from, length)) {
      for (var piece = range.next(); piece != null; piece = range.next()) {
        all.put(piece);
      }
    }
    return all.flip();
  }

  private DecodeBench() {}
}
