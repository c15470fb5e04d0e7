package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.erofs.ErofsMount;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

  /** Longer than the test. */
  private static final String PATIENCE = "600";

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

  private void start(String expected, String... manners) throws IOException {
    var arguments = new ArrayList<>(List.of(PATIENCE, HandOverServer.NO_RESEND));
    arguments.addAll(List.of(manners));
    bed.start(expected, arguments.toArray(String[]::new));
  }

  @Test
  void serversThatLeave_underLoad_costReadersNothing() throws Exception {
    start(HandOverServer.MOUNTED);
    Path erofs = bed.mountErofs();
    readers.startAll();

    for (int i = 0; i < ROUNDS; i++) {
      readers.awaitReads();
      bed.leave(60);
      start(HandOverServer.RESUMED);
    }
    var digests = Shell.lines(erofs, Shell.DIGEST_ALL);
    readers.endAll();

    assertThat(digests).isEqualTo(Shell.lines(bed.tree(), Shell.DIGEST_ALL));
    ErofsMount.unmount(erofs);
    bed.end();
  }

  @Test
  void serversThatAreKilled_underLoad_costReadersAnErrorAtMost() throws Exception {
    start(HandOverServer.MOUNTED);
    readers.startAllInSpiteOfErrors();

    for (int i = 0; i < ROUNDS; i++) {
      readers.awaitReads();
      bed.kill();
      start(HandOverServer.RESUMED);
    }
    readers.endAll();

    // Each reader can lose the read that it waits for, and no other.
    assertThat(readers.failed()).isLessThanOrEqualTo(4L * ROUNDS);
    bed.end();
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
    bed.end();
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
    bed.end();
  }

  @Test
  void readBelowErofs_thatAKilledServerTook_isAskedAgainAndAnsweredByTheNext() throws Exception {
    start(HandOverServer.MOUNTED, HandOverServer.STUCK);
    Path erofs = bed.mountErofs();
    var read = readers.submit(() -> Files.readAllBytes(erofs.resolve("files/page")));
    assertThat(bed.nextWord()).isEqualTo(HandOverServer.TAKEN);

    bed.kill();
    start(HandOverServer.RESUMED);

    assertThat(read.get()).isEqualTo(Files.readAllBytes(bed.tree().resolve("files/page")));
    ErofsMount.unmount(erofs);
    bed.end();
  }

  private static byte[] readAt(FileChannel channel, long offset) throws IOException {
    var buffer = ByteBuffer.allocate(4096);
    assertThat(channel.read(buffer, offset)).isEqualTo(buffer.capacity());
    return buffer.array();
  }
}
