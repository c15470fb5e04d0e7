package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The session's way from one server to the next below Linux 6.9, where a request that a server took
 * can be answered by that server alone.
 */
@MountsFuse
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandOverWithoutResendIT {
  private static final int ROUNDS = 4;

  /** So many reads make it likely that some are under way at any moment. */
  private static final int READS_PER_ROUND = 100;

  /** Longer than the test. */
  private static final String PATIENCE = "600";

  @TempDir Path directory;

  private final ExecutorService readers = Executors.newCachedThreadPool();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private HandOverBed bed;
  private volatile boolean enough;

  @BeforeEach
  void writeLayer() throws IOException {
    bed = new HandOverBed(directory);
  }

  @AfterEach
  void cleanUp() throws Exception {
    enough = true;
    bed.close();
    // Not before: interrupting a thread in a read waits for the read to end.
    readers.shutdownNow();
  }

  private void start(String expected, String... manners) throws IOException {
    var arguments = new ArrayList<>(List.of(PATIENCE, HandOverServer.NO_RESEND));
    arguments.addAll(List.of(manners));
    bed.start(expected, arguments.toArray(String[]::new));
  }

  private void end() throws Exception {
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void serversThatLeave_underLoad_costReadersNothing() throws Exception {
    start(HandOverServer.MOUNTED);
    Path erofs = Files.createDirectory(bed.erofs());
    ErofsMount.mount(ErofsMount.Backing.FILE, bed.metadata(), bed.blob(), erofs);
    var done = new ArrayList<Future<?>>();
    for (int seed = 0; seed < 4; seed++) {
      int number = seed;
      done.add(readers.submit(() -> readUntilEnough(number)));
    }
    done.add(readers.submit(() -> walkUntilEnough(bed.tree())));

    for (int i = 0; i < ROUNDS; i++) {
      awaitReads();
      bed.leave(60);
      start(HandOverServer.RESUMED);
    }
    var digests = Shell.lines(erofs, Shell.DIGEST_ALL);
    awaitReads();
    enough = true;

    for (var reader : done) {
      assertThat(reader.get()).isNull();
    }
    assertThat(digests).isEqualTo(Shell.lines(bed.tree(), Shell.DIGEST_ALL));
    ErofsMount.unmount(erofs);
    end();
  }

  @Test
  void serversThatAreKilled_underLoad_costReadersAnErrorAtMost() throws Exception {
    start(HandOverServer.MOUNTED);
    var done = new ArrayList<Future<?>>();
    for (int seed = 0; seed < 4; seed++) {
      int number = seed;
      done.add(readers.submit(() -> readInSpiteOfErrors(number)));
    }

    for (int i = 0; i < ROUNDS; i++) {
      awaitReads();
      bed.kill();
      start(HandOverServer.RESUMED);
    }
    awaitReads();
    enough = true;

    for (var reader : done) {
      assertThat(reader.get()).isNull();
    }
    // Each reader can lose the read that it waits for, and no other.
    assertThat(failed).hasValueLessThanOrEqualTo((long) ROUNDS * done.size());
    end();
  }

  @Test
  void readsThatAKilledServerTook_failAtOnce_andThoseAfterItWaitForTheNext() throws Exception {
    start(HandOverServer.MOUNTED, HandOverServer.STUCK);
    try (var channel = FileChannel.open(bed.blob())) {
      var taken = readers.submit(() -> channel.read(ByteBuffer.allocate(4096), 0));
      assertThat(bed.nextWord()).isEqualTo(HandOverServer.TAKEN);

      bed.kill();

      assertThatThrownBy(taken::get).hasRootCauseInstanceOf(IOException.class);
      var later = readers.submit(() -> readAt(channel, 8192));
      start(HandOverServer.RESUMED);
      assertThat(later.get()).isEqualTo(PatternLayers.bytes(HandOverServer.SLOT, 8192, 4096));
      assertThat(readAt(channel, 0)).isEqualTo(PatternLayers.bytes(HandOverServer.SLOT, 0, 4096));
    }
    end();
  }

  @Test
  void readsThatAreNotAnswered_failWithEioWhenTheServerLeaves() throws Exception {
    start(HandOverServer.MOUNTED, HandOverServer.STUCK);
    try (var channel = FileChannel.open(bed.blob())) {
      var taken = readers.submit(() -> readAt(channel, 0));
      assertThat(bed.nextWord()).isEqualTo(HandOverServer.TAKEN);

      bed.leave(1);

      assertThatThrownBy(taken::get).hasMessageContaining("Input/output error");
      start(HandOverServer.RESUMED);
      assertThat(readAt(channel, 0)).isEqualTo(PatternLayers.bytes(HandOverServer.SLOT, 0, 4096));
    }
    end();
  }

  @Test
  void readBelowErofs_thatAKilledServerTook_isAskedAgainAndAnsweredByTheNext() throws Exception {
    start(HandOverServer.MOUNTED, HandOverServer.STUCK);
    Path erofs = Files.createDirectory(bed.erofs());
    ErofsMount.mount(ErofsMount.Backing.FILE, bed.metadata(), bed.blob(), erofs);
    var read = readers.submit(() -> Files.readAllBytes(erofs.resolve("files/page")));
    assertThat(bed.nextWord()).isEqualTo(HandOverServer.TAKEN);

    bed.kill();
    start(HandOverServer.RESUMED);

    assertThat(read.get()).isEqualTo(Files.readAllBytes(bed.tree().resolve("files/page")));
    ErofsMount.unmount(erofs);
    end();
  }

  private static byte[] readAt(FileChannel channel, long offset) throws IOException {
    var buffer = ByteBuffer.allocate(4096);
    assertThat(channel.read(buffer, offset)).isEqualTo(buffer.capacity());
    return buffer.array();
  }

  private void awaitReads() {
    long enoughReads = reads.get() + READS_PER_ROUND;
    Eventually.until(() -> reads.get() >= enoughReads);
  }

  private Void readUntilEnough(int seed) throws IOException {
    var random = new Random(seed);
    try (var held = FileChannel.open(bed.blob())) {
      while (!enough) {
        if (seed % 2 == 0) {
          bed.readOnce(random);
        } else {
          bed.read(held, random);
        }
        reads.incrementAndGet();
      }
    }
    return null;
  }

  private Void readInSpiteOfErrors(int seed) {
    var random = new Random(seed);
    while (!enough) {
      try {
        bed.readOnce(random);
        reads.incrementAndGet();
      } catch (IOException e) {
        failed.incrementAndGet();
      }
    }
    return null;
  }

  private Void walkUntilEnough(Path place) throws Exception {
    List<String> first = Shell.lines(place, Shell.STAT_ALL);
    while (!enough) {
      assertThat(Shell.lines(place, Shell.STAT_ALL)).isEqualTo(first);
    }
    return null;
  }
}
