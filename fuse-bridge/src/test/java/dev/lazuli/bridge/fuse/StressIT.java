package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sixteen readers, replies after random times; {@code -Dlazuli.stress.seconds=60} for longer. */
@MountsFuse
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StressIT {
  private static final int READERS = 16;
  private static final int LAYERS = 3;
  private static final long SIZE = (40L << 20) + 1;
  private static final Duration LENGTH =
      Duration.ofSeconds(Long.getLong("lazuli.stress.seconds", 3));

  @TempDir Path directory;

  private final AtomicLong replies = new AtomicLong();

  @Test
  void everyReadIsRight() throws Exception {
    var layers =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            int kind = ThreadLocalRandom.current().nextInt(4);
            if (kind == 0) {
              answer(slot, offset, length, reply);
            } else {
              Thread.startVirtualThread(
                  () -> {
                    pause(kind);
                    answer(slot, offset, length, reply);
                  });
            }
          }

          private void answer(long slot, long offset, int length, ReadReply reply) {
            super.read(slot, offset, length, reply);
            replies.incrementAndGet();
          }
        };
    for (long slot = 1; slot <= LAYERS; slot++) {
      layers.with(slot, SIZE);
    }
    long reads = 0;
    try (var session = FuseSession.mount(directory, layers, null, SessionOptions.defaults());
        var pool = Executors.newFixedThreadPool(READERS)) {
      Instant end = Instant.now().plus(LENGTH);
      var done = new ArrayList<Future<Long>>();
      for (int i = 0; i < READERS; i++) {
        done.add(pool.submit(reader(session, i, end)));
      }
      for (var future : done) {
        reads += future.get();
      }
    }
    assertThat(reads).isGreaterThan(READERS);
    assertThat(replies.get()).isGreaterThanOrEqualTo(reads);
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    System.out.printf("%d reads, %d requests in %s%n", reads, replies.get(), LENGTH);
  }

  private static Callable<Long> reader(FuseSession session, int number, Instant end) {
    return () -> {
      var random = new Random(number);
      long count = 0;
      while (Instant.now().isBefore(end)) {
        long slot = random.nextLong(1, LAYERS + 1);
        try (var channel = FileChannel.open(session.blob(slot))) {
          for (int i = 0; i < 10; i++) {
            read(channel, slot, random);
            count++;
          }
        }
      }
      return count;
    };
  }

  private static void read(FileChannel channel, long slot, Random random) throws IOException {
    long offset = random.nextLong(SIZE);
    int wanted = 1 + (random.nextInt(20) == 0 ? random.nextInt(3 << 20) : random.nextInt(20_000));
    int expected = (int) Math.min(wanted, SIZE - offset);
    var buffer = ByteBuffer.allocateDirect(wanted);
    while (buffer.position() < expected) {
      int position = buffer.position();
      assertThat(channel.read(buffer, offset + position)).isPositive();
    }
    buffer.flip();
    for (int i = 0; i < expected; i++) {
      if (buffer.get(i) != PatternLayers.byteAt(slot, offset + i)) {
        throw new AssertionError("slot %d, byte %d is wrong".formatted(slot, offset + i));
      }
    }
  }

  private static void pause(int kind) {
    try {
      Thread.sleep(
          Duration.ofNanos(ThreadLocalRandom.current().nextLong(1_000_000L * kind * kind)));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
