package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandOverIT {
  @TempDir Path directory;

  private HandOverBed bed;
  private HandOverReaders readers;

  @BeforeEach
  void writeLayer() throws IOException {
    bed = new HandOverBed(directory);
    readers = new HandOverReaders(bed);
  }

  @AfterEach
  void cleanUp() throws Exception {
    readers.enough();
    bed.close();
    // Not before: interrupting a thread in a read waits for the read to end.
    readers.close();
  }

  @Test
  void serverKilledUnderLoadThreeTimes_noReaderNotices() throws Exception {
    start(300, "mounted");
    Path erofs = bed.mountErofs();
    readers.startAll();

    for (int i = 0; i < 3; i++) {
      readers.awaitReads();
      bed.kill();
      start(300, "resumed");
    }
    var digests = Shell.lines(erofs, Shell.DIGEST_ALL);
    readers.endAll();

    assertThat(digests)
        .hasSizeGreaterThan(SampleLayer.MANY)
        .isEqualTo(Shell.lines(bed.tree(), Shell.DIGEST_ALL));
    ErofsMount.unmount(erofs);
    bed.end();
  }

  @Test
  void serverKilledWithoutAKeeper_leavesMetadataAndErrorsForMisses_andAllCleansUp()
      throws Exception {
    bed.start("mounted", HandOverServer.NO_KEEPER);
    Path erofs = bed.mountErofs();
    var listed = Shell.lines(erofs, Shell.STAT_ALL);
    byte[] cached = Files.readAllBytes(erofs.resolve("files/page"));

    bed.kill();

    assertThatThrownBy(() -> Files.readAllBytes(erofs.resolve("files/big")))
        .hasMessageContaining("Input/output error");
    assertThat(Shell.lines(erofs, Shell.STAT_ALL)).isEqualTo(listed);
    assertThat(Files.readAllBytes(erofs.resolve("files/page"))).isEqualTo(cached);
    assertThat(ErofsMount.unmount(erofs)).isEqualTo(ErofsMount.Unmounted.RELEASED);
    bed.start("mounted", HandOverServer.NO_KEEPER);
    bed.end();
  }

  @Test
  void serverThatLeft_isFollowedByTheNext() throws Exception {
    start(300, "mounted");
    var reader = readers.readAtRandom(1);
    readers.awaitReads();

    bed.leave(30);
    start(300, "resumed");
    readers.awaitReads();
    readers.enough();

    assertThat(reader.get()).isPositive();
    bed.end();
  }

  @Test
  void keeperKilledWhileTheServerLives_isReplaced_andTheNextHandsOver() throws Exception {
    start(300, "mounted");
    Path record = directory.resolve("keeper");
    String first = Files.readString(record);
    var reader = readers.readAtRandom(1);

    Shell.run(directory, List.of("kill", "-s", "KILL", first.substring(0, first.indexOf(' '))));
    while (Files.readString(record).equals(first)) {
      readers.awaitReads();
    }
    bed.kill();
    start(300, "resumed");
    readers.awaitReads();
    readers.enough();

    assertThat(reader.get()).isPositive();
    bed.end();
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
    bed.end();
  }

  @Test
  void serviceManagersStore_handsTheSessionOver() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "needs python3");
    var command = new ArrayList<>(List.of("/usr/bin/python3"));
    command.add(Path.of("src/test/resources/service-manager.py").toAbsolutePath().toString());
    command.add(directory.resolve("notify").toString());
    command.addAll(SmallJvm.command(HandOverServer.class, directory.toString(), "300"));
    bed.start(command, "mounted");
    var reader = readers.readAtRandom(1);
    readers.awaitReads();

    bed.write("kill\n");
    assertThat(bed.nextWord()).isEqualTo("resumed");
    readers.awaitReads();
    readers.enough();

    assertThat(reader.get()).isPositive();
    bed.write("stop\n");
    assertThat(bed.nextLine()).isEqualTo("kept: []");
    bed.end();
  }

  @Test
  void mountTakenAwayMeanwhile_isMountedAnew() throws Exception {
    start(300, "mounted");
    bed.kill();
    Mounts.unmount(directory.resolve("fs/blobs"), Mounts.MNT_DETACH);

    start(300, "mounted");

    assertThat(Files.size(bed.blob())).isEqualTo(bed.size());
    bed.readOnce(new Random(1));
    bed.end();
  }

  @Test
  void record_ofAProcessThatIsNotTheKeeper_isIgnored() throws Exception {
    Files.writeString(
        directory.resolve("keeper"), ProcessHandle.current().pid() + " 12\n0 lazuli-fuse.x\n");

    start(300, "mounted");

    assertThat(Files.size(bed.blob())).isEqualTo(bed.size());
    bed.end();
  }

  private void start(int patienceSeconds, String expected) throws IOException {
    bed.start(expected, Integer.toString(patienceSeconds));
  }
}
