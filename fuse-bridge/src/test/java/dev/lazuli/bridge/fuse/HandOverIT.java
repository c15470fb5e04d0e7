package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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

@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandOverIT {
  /** So many reads make it likely that some are under way at any moment. */
  private static final int READS = 100;

  @TempDir Path directory;

  private final ExecutorService readers = Executors.newCachedThreadPool();
  private final AtomicLong reads = new AtomicLong();
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

  @Test
  void serverKilledUnderLoadThreeTimes_noReaderNotices() throws Exception {
    start(300, "mounted");
    Path erofs = Files.createDirectory(bed.erofs());
    ErofsMount.mount(ErofsMount.Backing.FILE, bed.metadata(), bed.blob(), erofs);
    var done = new ArrayList<Future<Long>>();
    for (int seed = 0; seed < 4; seed++) {
      int number = seed;
      done.add(readers.submit(() -> readAtRandom(number)));
    }
    done.add(readers.submit(() -> walkAgainAndAgain(bed.tree())));

    for (int i = 0; i < 3; i++) {
      awaitReads();
      bed.kill();
      start(300, "resumed");
    }
    var digests = Shell.lines(erofs, Shell.DIGEST_ALL);
    awaitReads();
    enough = true;

    for (var reader : done) {
      assertThat(reader.get()).isPositive();
    }
    assertThat(digests)
        .hasSizeGreaterThan(SampleLayer.MANY)
        .isEqualTo(Shell.lines(bed.tree(), Shell.DIGEST_ALL));
    ErofsMount.unmount(erofs);
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void serverKilledWithoutAKeeper_leavesMetadataAndErrorsForMisses_andAllCleansUp()
      throws Exception {
    bed.start("mounted", HandOverServer.NO_KEEPER);
    Path erofs = Files.createDirectory(bed.erofs());
    ErofsMount.mount(ErofsMount.Backing.FILE, bed.metadata(), bed.blob(), erofs);
    var listed = Shell.lines(erofs, Shell.STAT_ALL);
    byte[] cached = Files.readAllBytes(erofs.resolve("files/page"));

    bed.kill();

    assertThatThrownBy(() -> Files.readAllBytes(erofs.resolve("files/big")))
        .hasMessageContaining("Input/output error");
    assertThat(Shell.lines(erofs, Shell.STAT_ALL)).isEqualTo(listed);
    assertThat(Files.readAllBytes(erofs.resolve("files/page"))).isEqualTo(cached);
    assertThat(ErofsMount.unmount(erofs)).isEqualTo(ErofsMount.Unmounted.RELEASED);
    bed.start("mounted", HandOverServer.NO_KEEPER);
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void serverThatLeft_isFollowedByTheNext() throws Exception {
    start(300, "mounted");
    var reader = readers.submit(() -> readAtRandom(1));
    awaitReads();

    bed.leave(30);
    start(300, "resumed");
    awaitReads();
    enough = true;

    assertThat(reader.get()).isPositive();
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void keeperKilledWhileTheServerLives_isReplaced_andTheNextHandsOver() throws Exception {
    start(300, "mounted");
    Path record = directory.resolve("keeper");
    String first = Files.readString(record);
    var reader = readers.submit(() -> readAtRandom(1));

    Shell.run(directory, List.of("kill", "-s", "KILL", first.substring(0, first.indexOf(' '))));
    while (Files.readString(record).equals(first)) {
      awaitReads();
    }
    bed.kill();
    start(300, "resumed");
    awaitReads();
    enough = true;

    assertThat(reader.get()).isPositive();
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void serverThatNeverReturns_givesErrorsOnceTheKeeperLostPatience() throws Exception {
    start(1, "mounted");
    try (var open = FileChannel.open(bed.blob())) {
      Instant killed = Instant.now();
      bed.kill();

      assertThatThrownBy(() -> open.read(ByteBuffer.allocate(10), 0))
          .isInstanceOf(IOException.class);
      assertThat(Duration.between(killed, Instant.now()))
          .isBetween(Duration.ofMillis(500), Duration.ofSeconds(60));
    }

    start(1, "mounted");
    assertThat(Files.size(bed.blob())).isEqualTo(bed.size());
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void serviceManagersStore_handsTheSessionOver() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "needs python3");
    var command = new ArrayList<>(List.of("/usr/bin/python3"));
    command.add(Path.of("src/test/resources/service-manager.py").toAbsolutePath().toString());
    command.add(directory.resolve("notify").toString());
    command.addAll(ChildJvm.command(HandOverServer.class, directory.toString(), "300"));
    bed.start(command, "mounted");
    var reader = readers.submit(() -> readAtRandom(1));
    awaitReads();

    bed.write("kill\n");
    assertThat(bed.nextWord()).isEqualTo("resumed");
    awaitReads();
    enough = true;

    assertThat(reader.get()).isPositive();
    bed.write("stop\n");
    assertThat(bed.nextLine()).isEqualTo("kept: []");
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void mountTakenAwayMeanwhile_isMountedAnew() throws Exception {
    start(300, "mounted");
    bed.kill();
    Mounts.unmount(directory.resolve("fs/blobs"), Mounts.MNT_DETACH);

    start(300, "mounted");

    assertThat(Files.size(bed.blob())).isEqualTo(bed.size());
    bed.readOnce(new Random(1));
    bed.stop();
    bed.assertNothingIsLeft();
  }

  @Test
  void record_ofAProcessThatIsNotTheKeeper_isIgnored() throws Exception {
    Files.writeString(
        directory.resolve("keeper"), ProcessHandle.current().pid() + " 12\n0 lazuli-fuse.x\n");

    start(300, "mounted");

    assertThat(Files.size(bed.blob())).isEqualTo(bed.size());
    bed.stop();
    bed.assertNothingIsLeft();
  }

  /** Waits until the readers have read on for a while. */
  private void awaitReads() {
    long enoughReads = reads.get() + READS;
    Eventually.until(() -> reads.get() >= enoughReads);
  }

  private long readAtRandom(int seed) throws IOException {
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
  }

  private long walkAgainAndAgain(Path place) throws Exception {
    List<String> first = Shell.lines(place, Shell.STAT_ALL);
    long rounds = 0;
    while (!enough) {
      assertThat(Shell.lines(place, Shell.STAT_ALL)).isEqualTo(first);
      Shell.lines(place, Shell.XATTRS_ALL);
      rounds++;
    }
    return rounds + 1;
  }

  private void start(int patienceSeconds, String expected) throws IOException {
    bed.start(expected, Integer.toString(patienceSeconds));
  }
}
