package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A handler that does not answer must cost nobody but those who asked for it. */
@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StuckReadsIT {
  private static final long STUCK = 1;
  private static final long GOOD = 2;

  /** Long for a busy machine; what would never come has not come by then either. */
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory;

  private final LinkedBlockingQueue<Stuck> stuck = new LinkedBlockingQueue<>();
  private final AtomicInteger interrupted = new AtomicInteger();
  private final List<Process> processes = new ArrayList<>();
  private ErofsImage image;
  private BlobHandler layers;
  private FuseSession session;

  /** A read that the handler keeps without an answer. */
  private record Stuck(ReadReply reply, long offset, int length) {}

  @BeforeEach
  void mount() throws IOException {
    Path metadata = directory.resolve("meta.erofs");
    long size = SampleLayer.write(metadata);
    image = ErofsImage.open(metadata);
    layers =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            if (slot == GOOD) {
              super.read(slot, offset, length, reply);
            } else {
              reply.onInterrupt(interrupted::incrementAndGet);
              stuck.add(new Stuck(reply, offset, length));
            }
          }
        }.with(STUCK, size).with(GOOD, size);
    session = FuseSession.mount(directory, layers, slot -> image, SessionOptions.defaults());
  }

  @AfterEach
  void unmount() throws Exception {
    session.close();
    image.close();
    for (var process : processes) {
      process.destroyForcibly().waitFor();
    }
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
  }

  @Test
  void manyStuckReaders_delayNobodyElse() throws Exception {
    Path erofs = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(
        ErofsMount.Backing.FILE, directory.resolve("meta.erofs"), session.blob(STUCK), erofs);
    try {
      for (int i = 0; i < 10; i++) {
        run("cat", session.blob(STUCK).toString());
        run("cat", session.tree(STUCK).resolve("many/file-0%d999".formatted(i % 3)).toString());
        run("cat", erofs.resolve("many/file-0%d%d00".formatted(i % 3, i)).toString());
      }
      Eventually.until(() -> stuck.size() >= 20);

      for (int i = 0; i < 300; i++) {
        try (var channel = FileChannel.open(session.blob(GOOD))) {
          assertThat(channel.read(ByteBuffer.allocate(4096), i * 4096L)).isEqualTo(4096);
        }
      }
      assertThat(Files.readAllBytes(session.tree(GOOD).resolve("files/big"))).isNotEmpty();
    } finally {
      session.close();
      ErofsMount.unmount(erofs);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KILL", "TERM", "INT"})
  void deadlySignal_endsAStuckReader(String signal) throws Exception {
    // What a build in the background starts ignores SIGINT, as the build does.
    var cat = run("env", "--default-signal", "cat", session.blob(STUCK).toString());
    assertThat(stuck.take()).isNotNull();

    Shell.run(directory, List.of("kill", "-s", signal, Long.toString(cat.pid())));

    assertThat(cat.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(interrupted).hasValue(1);
  }

  @Test
  void deadlySignal_endsAReaderStuckBelowErofsAndFailedReadsLetItUnmount() throws Exception {
    Path erofs = Files.createDirectory(directory.resolve("erofs"));
    ErofsMount.mount(
        ErofsMount.Backing.FILE, directory.resolve("meta.erofs"), session.blob(STUCK), erofs);
    try {
      var cat = run("cat", erofs.resolve("files/big").toString());
      assertThat(stuck.take()).isNotNull();

      cat.destroyForcibly();

      assertThat(cat.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      session.failReads(STUCK);
      assertThat(ErofsMount.unmount(erofs)).isEqualTo(ErofsMount.Unmounted.RELEASED);
    }
    assertThat(interrupted).hasPositiveValue();
  }

  @Test
  void harmlessSignal_disturbsNoReader() throws Exception {
    var reader =
        run(
            "perl",
            "-e",
            "$SIG{USR1} = sub {}; $| = 1; open F, $ARGV[0] or die; "
                + "$n = sysread(F, $b, 100); print defined $n ? $n : $!",
            session.blob(STUCK).toString());
    Stuck read = stuck.take();
    Shell.run(directory, List.of("kill", "-s", "USR1", Long.toString(reader.pid())));
    awaitOneSignalLookedAt();

    assertThat(interrupted).hasValue(0);
    read.reply().send((dst, at) -> PatternLayers.fill(STUCK, at, dst));

    assertThat(new String(reader.getInputStream().readAllBytes(), UTF_8)).isEqualTo("100");
  }

  @Test
  void deadlySignalAfterAHarmlessOne_endsAStuckReader() throws Exception {
    var reader =
        run(
            "perl",
            "-e",
            "$SIG{USR1} = sub {}; open F, $ARGV[0]; sysread(F, $b, 100)",
            session.blob(STUCK).toString());
    assertThat(stuck.take()).isNotNull();
    String pid = Long.toString(reader.pid());
    Shell.run(directory, List.of("kill", "-s", "USR1", pid));
    awaitOneSignalLookedAt();

    Shell.run(directory, List.of("kill", "-s", "KILL", pid));

    assertThat(reader.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(interrupted).hasValue(1);
  }

  @Test
  void lateReplyToADeadReader_isDropped() throws Exception {
    var cat = run("cat", session.blob(STUCK).toString());
    Stuck read = stuck.take();
    cat.destroyForcibly().waitFor();
    var calls = new AtomicInteger();

    read.reply().send((dst, at) -> calls.incrementAndGet());
    read.reply().fail(5);

    assertThat(calls).hasValue(0);
    assertThat(Files.size(session.blob(GOOD))).isPositive();
  }

  @Test
  void close_endsEveryStuckReader() throws Exception {
    var cats = new ArrayList<Process>();
    for (int i = 0; i < 5; i++) {
      cats.add(run("cat", session.blob(STUCK).toString()));
      stuck.take();
    }

    session.close();

    for (var cat : cats) {
      assertThat(cat.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(cat.exitValue()).isNotZero();
    }
    assertThat(interrupted).hasValue(5);
  }

  /** As of a process that was killed and cannot end, since it waits for its own mount. */
  @Test
  void nextMount_endsReadersOfAConnectionThatIsStillOpen() throws Exception {
    var cat = run("cat", session.blob(STUCK).toString());
    stuck.take();

    try (var next = FuseSession.mount(directory, layers, _ -> image, SessionOptions.defaults())) {
      assertThat(cat.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

      assertThat(cat.exitValue()).isNotZero();
      assertThat(Files.size(next.blob(GOOD))).isPositive();
    }
  }

  @Test
  void moreRepliesThanBuffers_allArrive() throws Exception {
    var errors = new LinkedBlockingQueue<Throwable>();
    int readers = 24;
    var done = new CountDownLatch(readers);
    try (var pool = Executors.newFixedThreadPool(readers)) {
      for (int i = 0; i < readers; i++) {
        long offset = i * 100_000L;
        pool.execute(
            () -> {
              try (var channel = FileChannel.open(session.blob(STUCK))) {
                var buffer = ByteBuffer.allocate(100_000);
                assertThat(channel.read(buffer, offset)).isEqualTo(100_000);
                assertThat(buffer.array()).isEqualTo(PatternLayers.bytes(STUCK, offset, 100_000));
              } catch (IOException | RuntimeException | AssertionError e) {
                errors.add(e);
              } finally {
                done.countDown();
              }
            });
      }
      var reads = new ArrayList<Stuck>();
      while (reads.size() < readers) {
        reads.add(stuck.take());
      }
      for (Stuck read : reads) {
        Thread.startVirtualThread(
            () ->
                read.reply()
                    .send(
                        (dst, at) -> {
                          assertThat(dst.byteSize()).isEqualTo(read.length());
                          assertThat(at).isEqualTo(read.offset());
                          PatternLayers.fill(STUCK, at, dst);
                        }));
      }
      done.await();
    }
    assertThat(errors).isEmpty();
  }

  @Test
  void secondAnswer_isRefused() throws Exception {
    try (var pool = Executors.newSingleThreadExecutor()) {
      var first =
          pool.submit(() -> FileChannel.open(session.blob(STUCK)).read(ByteBuffer.allocate(9)));
      ReadReply reply = stuck.take().reply();
      reply.fail(28);

      assertThatThrownBy(() -> reply.fail(5)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> reply.send((dst, at) -> {}))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(first::get).hasMessageContaining("No space left");
    }
  }

  private void awaitOneSignalLookedAt() throws InterruptedException {
    Eventually.until(() -> session.interruptedReads() != 0);
  }

  private Process run(String... command) throws IOException {
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    processes.add(process);
    return process;
  }
}
