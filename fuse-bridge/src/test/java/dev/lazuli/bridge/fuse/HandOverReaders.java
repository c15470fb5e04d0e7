package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Readers of a bed's layer, each on a thread of its own, which read until it is enough. */
final class HandOverReaders implements AutoCloseable {
  /** So many reads make it likely that some are under way at any moment. */
  private static final int READS = 100;

  private final HandOverBed bed;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final List<Future<Long>> started = new ArrayList<>();
  private volatile boolean enough;

  HandOverReaders(HandOverBed bed) {
    this.bed = bed;
  }

  <T> Future<T> submit(Callable<T> read) {
    return threads.submit(read);
  }

  /** Reads at random places, and returns how often; an error ends it. */
  Future<Long> readAtRandom(int seed) {
    return submit(
        () -> {
          var random = new Random(seed);
          long count = 0;
          try (var held = FileChannel.open(bed.blob())) {
            do {
              if (seed % 2 == 0) {
                bed.readOnce(random);
              } else {
                bed.read(held, random);
              }
              count++;
              reads.incrementAndGet();
            } while (!enough);
          }
          return count;
        });
  }

  /** Reads at random places, and goes on after errors, which are counted. */
  Future<Long> readInSpiteOfErrors(int seed) {
    return submit(
        () -> {
          var random = new Random(seed);
          long count = 0;
          do {
            try {
              bed.readOnce(random);
              count++;
              reads.incrementAndGet();
            } catch (IOException e) {
              failed.incrementAndGet();
            }
          } while (!enough);
          return count;
        });
  }

  /** Walks through a tree, which always looks the same, and returns how often. */
  Future<Long> walk(Path place) {
    return submit(
        () -> {
          List<String> first = Shell.lines(place, Shell.STAT_ALL);
          long rounds = 1;
          while (!enough) {
            assertThat(Shell.lines(place, Shell.STAT_ALL)).isEqualTo(first);
            Shell.lines(place, Shell.XATTRS_ALL);
            rounds++;
          }
          return rounds;
        });
  }

  /** Starts four readers at random places and one that walks through the tree. */
  void startAll() {
    for (int seed = 0; seed < 4; seed++) {
      started.add(readAtRandom(seed));
    }
    started.add(walk(bed.tree()));
  }

  /** Starts four readers at random places that go on after errors. */
  void startAllInSpiteOfErrors() {
    for (int seed = 0; seed < 4; seed++) {
      started.add(readInSpiteOfErrors(seed));
    }
  }

  /** Ends all that were started, which have to have read without an error. */
  void endAll() throws Exception {
    awaitReads();
    enough();
    for (var reader : started) {
      assertThat(reader.get()).isPositive();
    }
  }

  /** Waits until the readers have read on for a while. */
  void awaitReads() {
    long enoughReads = reads.get() + READS;
    Eventually.until(() -> reads.get() >= enoughReads);
  }

  /** Returns how many reads of {@link #readInSpiteOfErrors} have failed. */
  long failed() {
    return failed.get();
  }

  /** The readers end after their next read. */
  void enough() {
    enough = true;
  }

  /** Interrupts the readers. A thread in a read waits for the read to end. */
  @Override
  public void close() {
    enough();
    threads.shutdownNow();
  }
}
