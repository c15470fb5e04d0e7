package dev.lazuli.cache.chunks;

import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A thousand look-ups of places among 100,000 chunks, against those in an array of offsets. */
@State(Scope.Thread)
public class ChunkTableGate {
  private static final int CHUNKS = 100_000;
  private static final int CHUNK_BYTES = 40_000;

  private final long[] ends = new long[CHUNKS];
  private final long[] places = new long[1000];
  private ChunkTable table;

  /** Makes the table, in a file that is gone at once. */
  public ChunkTableGate() {
    try {
      table = table();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ChunkTable table() throws IOException {
    Path directory = Files.createTempDirectory("gate-");
    Path file = directory.resolve("chunks");
    try (var builder = new ChunkTableBuilder(Disk.LOCAL, file, Long.MAX_VALUE)) {
      for (int chunk = 0; chunk < CHUNKS; chunk++) {
        long offset = (long) chunk * CHUNK_BYTES;
        builder.add(offset, CHUNK_BYTES, chunk * 100L, chunk * 100L + 100, 0, new byte[32]);
      }
      long _ = builder.finish();
      return ChunkTable.map(Disk.LOCAL, file, Arena.global());
    } finally {
      Files.deleteIfExists(file);
      Files.delete(directory);
    }
  }

  /** Chooses the places. */
  @Setup
  public void choose() {
    Arrays.setAll(ends, chunk -> (chunk + 1L) * CHUNK_BYTES);
    var random = new Random(1);
    Arrays.setAll(places, _ -> random.nextLong((long) CHUNKS * CHUNK_BYTES));
  }

  /** Looks the places up in the mapped table. */
  @Benchmark
  public long ours() {
    long sum = 0;
    for (long place : places) {
      sum += table.firstEndingAfter(place);
    }
    return sum;
  }

  /** Looks them up in memory. */
  @Benchmark
  public long plain() {
    long sum = 0;
    for (long place : places) {
      int found = Arrays.binarySearch(ends, place);
      sum += found < 0 ? -found - 1 : found + 1;
    }
    return sum;
  }
}
