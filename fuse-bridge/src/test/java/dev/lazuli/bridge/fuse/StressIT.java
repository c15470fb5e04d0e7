package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sixteen readers of blobs, trees and EROFS mounts that come and go, others that are killed, and
 * replies after random times: every byte is right, every unmount ends, every killed reader dies.
 * {@code lazuli.stress.requests} says how many of the kernel's requests are answered.
 */
@MountsFuse
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StressIT {
  private static final int BLOB_READERS = 10;
  private static final int TREE_READERS = 4;
  private static final int MOUNTERS = 2;
  private static final int LAYERS = 3;

  /** After so many of the kernel's requests it is enough. */
  private static final long REQUESTS =
      Long.getLong("lazuli.stress.requests", System.getenv("CI") == null ? 5_000 : 50_000);

  private static final long SEED = Long.getLong("lazuli.stress.seed", System.nanoTime());

  @TempDir Path directory;

  private final AtomicLong replies = new AtomicLong();
  private FuseSession session;
  private ErofsImage image;
  private Path metadata;
  private long size;

  /** One reader; works until it is enough, and returns how much it has done. */
  private interface Reader {
    long read(Random random) throws Exception;
  }

  @BeforeEach
  void mount() throws IOException {
    metadata = directory.resolve("meta.erofs");
    size = SampleLayer.write(metadata);
    image = ErofsImage.open(metadata);
    var layers = slowLayers();
    for (long slot = 1; slot <= LAYERS; slot++) {
      layers.with(slot, size);
    }
    session =
        FuseSession.mount(directory.resolve("fs"), layers, _ -> image, SessionOptions.defaults());
  }

  @AfterEach
  void unmount() throws IOException {
    session.close();
    image.close();
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
  }

  @Test
  void everyReadIsRight() throws Exception {
    System.out.println("lazuli.stress.seed " + SEED);
    long reads = 0;
    try (var pool = Executors.newCachedThreadPool()) {
      var done = new ArrayList<Future<Long>>();
      for (int i = 0; i < BLOB_READERS + TREE_READERS + MOUNTERS + 1; i++) {
        var random = new Random(SEED + i);
        Reader reader = reader(i);
        done.add(pool.submit(() -> reader.read(random)));
      }
      for (var future : done) {
        long count = future.get();
        assertThat(count).isPositive();
        reads += count;
      }
    }
    System.out.printf("%d reads, %d requests%n", reads, replies.get());
  }

  private Reader reader(int number) throws IOException {
    if (number < BLOB_READERS) {
      return this::readBlobs;
    }
    if (number < BLOB_READERS + TREE_READERS) {
      return random -> readTrees(random, session.tree(1 + number % LAYERS), 1 + number % LAYERS);
    }
    if (number < BLOB_READERS + TREE_READERS + MOUNTERS) {
      Path target = Files.createDirectory(directory.resolve("erofs-" + number));
      return random -> mountAgainAndAgain(random, target, 1 + number % LAYERS);
    }
    return this::killReaders;
  }

  private PatternLayers slowLayers() {
    return new PatternLayers() {
      @Override
      public void read(long slot, long offset, int length, ReadReply reply) {
        int kind = ThreadLocalRandom.current().nextInt(4);
        if (kind == 0) {
          answer(slot, offset, length, reply);
        } else {
          Thread.startVirtualThread(
              () -> {
                pause(ThreadLocalRandom.current().nextLong(1_000_000L * kind * kind));
                answer(slot, offset, length, reply);
              });
        }
      }

      private void answer(long slot, long offset, int length, ReadReply reply) {
        super.read(slot, offset, length, reply);
        replies.incrementAndGet();
      }
    };
  }

  private boolean goesOn() {
    return replies.get() < REQUESTS;
  }

  private long readBlobs(Random random) throws IOException {
    long count = 0;
    do {
      long slot = random.nextLong(1, LAYERS + 1);
      try (var channel = FileChannel.open(session.blob(slot))) {
        for (int i = 0; i < 10; i++) {
          check(channel, random, size, slot, 0);
          count++;
        }
      }
    } while (goesOn());
    return count;
  }

  private long readTrees(Random random, Path root, long slot) throws IOException {
    long count = 0;
    do {
      readFile(random, root, slot);
      count++;
    } while (goesOn());
    return count;
  }

  private long mountAgainAndAgain(Random random, Path target, long slot) throws IOException {
    long count = 0;
    do {
      ErofsMount.mount(ErofsMount.Backing.FILE, metadata, session.blob(slot), target);
      try {
        for (int i = 0; i < 20; i++) {
          readFile(random, target, slot);
        }
      } finally {
        // On a busy machine what the kernel reads ahead may outlast the patience of unmounting.
        assertThat(ErofsMount.unmount(target)).isNotEqualTo(ErofsMount.Unmounted.NOT_MOUNTED);
      }
      count++;
    } while (goesOn());
    return count;
  }

  private long killReaders(Random random) throws Exception {
    long count = 0;
    do {
      Path blob = session.blob(random.nextLong(1, LAYERS + 1));
      var cat =
          new ProcessBuilder("cat", blob.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      pause(random.nextLong(20_000_000));
      cat.destroyForcibly().waitFor();
      count++;
    } while (goesOn());
    return count;
  }

  private void readFile(Random random, Path root, long slot) throws IOException {
    boolean big = random.nextInt(10) == 0;
    String folder = big ? "files" : "many";
    String name = big ? "big" : "file-%05d".formatted(1 + random.nextInt(SampleLayer.MANY - 1));
    long nid = find(image, folder, name);
    try (var channel = FileChannel.open(root.resolve(folder).resolve(name))) {
      check(channel, random, image.size(nid), slot, image.dataOffset(nid));
    }
  }

  private static long find(ErofsImage image, String... names) throws IOException {
    long nid = image.rootNid();
    for (String name : names) {
      var bytes = MemorySegment.ofArray(name.getBytes(US_ASCII));
      nid = image.lookup(nid, bytes, 0, (int) bytes.byteSize());
    }
    return nid;
  }

  /** Reads somewhere in a file whose first byte is that of its layer at {@code dataOffset}. */
  private static void check(
      FileChannel channel, Random random, long size, long slot, long dataOffset)
      throws IOException {
    long offset = random.nextLong(size);
    int wanted = 1 + (random.nextInt(20) == 0 ? random.nextInt(3 << 20) : random.nextInt(20_000));
    int expected = (int) Math.min(wanted, size - offset);
    var buffer = ByteBuffer.allocate(wanted);
    while (buffer.position() < expected) {
      assertThat(channel.read(buffer, offset + buffer.position())).isPositive();
    }
    int wrong =
        buffer
            .slice(0, expected)
            .mismatch(ByteBuffer.wrap(PatternLayers.bytes(slot, dataOffset + offset, expected)));
    if (wrong >= 0) {
      throw new AssertionError("slot %d, byte %d is wrong".formatted(slot, offset + wrong));
    }
  }

  /** Answers take random times, and so do the lives of readers. */
  private static void pause(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
