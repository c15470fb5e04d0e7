package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandOverIT {
  private static final long SLOT = HandOverServer.SLOT;

  /** So many reads make it likely that some are under way at any moment. */
  private static final int READS = 100;

  @TempDir Path directory;

  private final ExecutorService readers = Executors.newCachedThreadPool();
  private long size;
  private @Nullable Process server;
  private @Nullable BufferedReader output;
  private final AtomicLong reads = new AtomicLong();
  private volatile boolean enough;

  @BeforeEach
  void writeLayer() throws IOException {
    size = SampleLayer.write(directory.resolve("meta.erofs"));
  }

  @AfterEach
  void cleanUp() throws Exception {
    enough = true;
    if (server != null) {
      server.destroyForcibly().waitFor();
    }
    killKeeper();
    // Not before: interrupting a thread in a read waits for the read to end.
    readers.shutdownNow();
    for (String mount : List.of("erofs", "fs/trees", "fs/blobs")) {
      Path place = directory.resolve(mount);
      while (isMounted(place)) {
        Mounts.unmount(place, Mounts.MNT_DETACH);
      }
    }
  }

  @Test
  void serverKilledUnderLoadThreeTimes_noReaderNotices() throws Exception {
    start(300, "mounted");
    Path erofs = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(ErofsMount.Backing.FILE, directory.resolve("meta.erofs"), blob(), erofs);
    var done = new ArrayList<Future<Long>>();
    for (int seed = 0; seed < 4; seed++) {
      int number = seed;
      done.add(readers.submit(() -> readAtRandom(number)));
    }
    done.add(readers.submit(() -> walkAgainAndAgain(tree())));

    for (int i = 0; i < 3; i++) {
      awaitReads();
      kill();
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
        .isEqualTo(Shell.lines(tree(), Shell.DIGEST_ALL));
    ErofsMount.unmount(erofs);
    stop();
    assertNothingIsLeft();
  }

  @Test
  void serverKilledWithoutAKeeper_leavesMetadataAndErrorsForMisses_andAllCleansUp()
      throws Exception {
    start(HandOverServer.NO_KEEPER, "mounted");
    Path erofs = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(ErofsMount.Backing.FILE, directory.resolve("meta.erofs"), blob(), erofs);
    var listed = Shell.lines(erofs, Shell.STAT_ALL);
    byte[] cached = Files.readAllBytes(erofs.resolve("files/page"));

    kill();

    assertThatThrownBy(() -> Files.readAllBytes(erofs.resolve("files/big")))
        .hasMessageContaining("Input/output error");
    assertThat(Shell.lines(erofs, Shell.STAT_ALL)).isEqualTo(listed);
    assertThat(Files.readAllBytes(erofs.resolve("files/page"))).isEqualTo(cached);
    assertThat(ErofsMount.unmount(erofs)).isEqualTo(ErofsMount.Unmounted.RELEASED);
    start(HandOverServer.NO_KEEPER, "mounted");
    stop();
    assertNothingIsLeft();
  }

  @Test
  void serverThatLeft_isFollowedByTheNext() throws Exception {
    start(300, "mounted");
    var reader = readers.submit(() -> readAtRandom(1));
    awaitReads();

    write("l");
    assertThat(requireNonNull(server).waitFor()).isZero();
    start(300, "resumed");
    awaitReads();
    enough = true;

    assertThat(reader.get()).isPositive();
    stop();
    assertNothingIsLeft();
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
    kill();
    start(300, "resumed");
    awaitReads();
    enough = true;

    assertThat(reader.get()).isPositive();
    stop();
    assertNothingIsLeft();
  }

  @Test
  void serverThatNeverReturns_givesErrorsOnceTheKeeperLostPatience() throws Exception {
    start(1, "mounted");
    try (var open = FileChannel.open(blob())) {
      Instant killed = Instant.now();
      kill();

      assertThatThrownBy(() -> open.read(ByteBuffer.allocate(10), 0))
          .isInstanceOf(IOException.class);
      assertThat(Duration.between(killed, Instant.now()))
          .isBetween(Duration.ofMillis(500), Duration.ofSeconds(60));
    }

    start(1, "mounted");
    assertThat(Files.size(blob())).isEqualTo(size);
    stop();
    assertNothingIsLeft();
  }

  @Test
  void serviceManagersStore_handsTheSessionOver() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "needs python3");
    var command = new ArrayList<>(List.of("/usr/bin/python3"));
    command.add(Path.of("src/test/resources/service-manager.py").toAbsolutePath().toString());
    command.add(directory.resolve("notify").toString());
    command.addAll(ChildJvm.command(HandOverServer.class, directory.toString(), "300"));
    start(command, "mounted");
    var reader = readers.submit(() -> readAtRandom(1));
    awaitReads();

    write("kill\n");
    assertThat(nextWord()).isEqualTo("resumed");
    awaitReads();
    enough = true;

    assertThat(reader.get()).isPositive();
    write("stop\n");
    assertThat(requireNonNull(output).readLine()).isEqualTo("kept: []");
    stop();
    assertNothingIsLeft();
  }

  @Test
  void mountTakenAwayMeanwhile_isMountedAnew() throws Exception {
    start(300, "mounted");
    kill();
    Mounts.unmount(directory.resolve("fs/blobs"), Mounts.MNT_DETACH);

    start(300, "mounted");

    assertThat(Files.size(blob())).isEqualTo(size);
    assertThat(readAtRandomOnce(new Random(1))).isPositive();
    stop();
    assertNothingIsLeft();
  }

  @Test
  void record_ofAProcessThatIsNotTheKeeper_isIgnored() throws Exception {
    Files.writeString(
        directory.resolve("keeper"), ProcessHandle.current().pid() + " 12\n0 lazuli-fuse.x\n");

    start(300, "mounted");

    assertThat(Files.size(blob())).isEqualTo(size);
    stop();
    assertNothingIsLeft();
  }

  /** Waits until the readers have read on for a while. */
  private void awaitReads() {
    long enoughReads = reads.get() + READS;
    Eventually.until(() -> reads.get() >= enoughReads);
  }

  private long readAtRandom(int seed) throws IOException {
    var random = new Random(seed);
    long count = 0;
    try (var held = FileChannel.open(blob())) {
      do {
        count += seed % 2 == 0 ? readAtRandomOnce(random) : read(held, random);
      } while (!enough);
    }
    return count;
  }

  private long readAtRandomOnce(Random random) throws IOException {
    try (var channel = FileChannel.open(blob())) {
      return read(channel, random);
    }
  }

  private long read(FileChannel channel, Random random) throws IOException {
    long offset = random.nextLong(size - 1);
    int length = (int) Math.min(1 + random.nextInt(200_000), size - offset);
    var buffer = ByteBuffer.allocate(length);
    assertThat(channel.read(buffer, offset)).isEqualTo(length);
    assertThat(buffer.array()).isEqualTo(PatternLayers.bytes(SLOT, offset, length));
    reads.incrementAndGet();
    return 1;
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

  private Path blob() {
    return directory.resolve("fs/blobs/" + SLOT);
  }

  private Path tree() {
    return directory.resolve("fs/trees/" + SLOT);
  }

  private void start(int patienceSeconds, String expected) throws IOException {
    start(
        ChildJvm.command(
            HandOverServer.class, directory.toString(), Integer.toString(patienceSeconds)),
        expected);
  }

  private void start(List<String> command, String expected) throws IOException {
    var started =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    server = started;
    output = new BufferedReader(new InputStreamReader(started.getInputStream(), UTF_8));
    assertThat(nextWord()).isEqualTo(expected);
  }

  /** Returns the next line of the server's output that is not of its log. */
  private String nextWord() throws IOException {
    String line;
    do {
      line = requireNonNull(requireNonNull(output).readLine(), "the server has ended");
    } while (!line.equals("mounted") && !line.equals("resumed"));
    return line;
  }

  private void write(String text) throws IOException {
    var input = requireNonNull(server).getOutputStream();
    input.write(text.getBytes(UTF_8));
    input.flush();
  }

  private void kill() throws InterruptedException {
    requireNonNull(server).destroyForcibly().waitFor();
  }

  private void stop() throws IOException, InterruptedException {
    requireNonNull(server).getOutputStream().close();
    assertThat(requireNonNull(server).waitFor()).isZero();
  }

  private void assertNothingIsLeft() throws IOException {
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    assertThat(directory.resolve("keeper")).doesNotExist();
  }

  private void killKeeper() throws IOException {
    Path record = directory.resolve("keeper");
    if (Files.exists(record)) {
      new ProcessKeeper(directory, Duration.ofSeconds(1)).release();
    }
  }

  private static boolean isMounted(Path place) throws IOException {
    return Files.readString(Path.of("/proc/self/mounts")).contains(" " + place + " ");
  }
}
