package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Once a layer's reads are failed, none of them waits, whatever the handler does. */
@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailedReadsIT {
  private static final long SLOT = 1;
  private static final long OTHER = 2;
  private static final long SIZE = 1 << 20;

  @TempDir Path directory;

  private final LinkedBlockingQueue<ReadReply> kept = new LinkedBlockingQueue<>();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch gate = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();
  private volatile boolean keepsLoopWaiting;
  private FuseSession session;

  @BeforeEach
  void mount() throws IOException {
    BlobHandler layers =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            if (slot == OTHER) {
              super.read(slot, offset, length, reply);
              return;
            }
            asked.incrementAndGet();
            if (keepsLoopWaiting) {
              entered.countDown();
              awaitGate();
            }
            kept.add(reply);
          }
        }.with(SLOT, SIZE).with(OTHER, SIZE);
    session = FuseSession.mount(directory, layers, null, SessionOptions.defaults());
  }

  private void awaitGate() {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void unmount() throws Exception {
    gate.countDown();
    session.close();
  }

  @Test
  void waitingRead_fails_andItsLateAnswerIsDropped() throws Exception {
    FutureTask<Integer> reader = startReading(SLOT);
    ReadReply reply = kept.take();

    session.failReads(SLOT);

    assertThatThrownBy(reader::get).hasMessageContaining("Input/output error");
    reply.send(
        (_, _) -> {
          throw new AssertionError("nobody waits for this");
        });
  }

  @Test
  void readThatIsJustBeingHandedToTheHandler_fails() throws Exception {
    keepsLoopWaiting = true;
    FutureTask<Integer> reader = startReading(SLOT);
    entered.await();

    session.failReads(SLOT);
    gate.countDown();

    assertThatThrownBy(reader::get).hasMessageContaining("Input/output error");
  }

  @Test
  void laterReads_fail_withoutTheHandler_untilTheyAreAdmitted() throws Exception {
    session.failReads(SLOT);

    assertThatThrownBy(() -> read(SLOT)).hasMessageContaining("Input/output error");
    assertThat(asked).hasValue(0);
    assertThat(read(OTHER)).isEqualTo(4096);

    session.admitReads(SLOT);
    FutureTask<Integer> reader = startReading(SLOT);
    kept.take().send((destination, at) -> PatternLayers.fill(SLOT, at, destination));
    assertThat(reader.get()).isEqualTo(4096);
  }

  private FutureTask<Integer> startReading(long slot) {
    Callable<Integer> read = () -> read(slot);
    var task = new FutureTask<>(read);
    Thread.ofPlatform().daemon().start(task);
    return task;
  }

  private int read(long slot) throws IOException {
    try (var channel = FileChannel.open(session.blob(slot))) {
      return channel.read(ByteBuffer.allocate(4096), 0);
    }
  }
}
