package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.kernel.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@MountsFuse
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlobsIT {
  private static final long SLOT = 7;
  private static final long SIZE = (5L << 20) + 123;

  @TempDir Path directory;

  private final PatternLayers layers = new PatternLayers().with(SLOT, SIZE);
  private FuseSession session;

  @BeforeEach
  void mount() throws IOException {
    session = FuseSession.mount(directory, layers, null, SessionOptions.defaults());
  }

  @AfterEach
  void unmount() throws IOException {
    session.close();
    assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
  }

  @Test
  void blob_hasItsSizeAndBytes() throws IOException {
    assertThat(Files.size(session.blob(SLOT))).isEqualTo(SIZE);
    assertThat(Files.readAllBytes(session.blob(SLOT)))
        .isEqualTo(PatternLayers.bytes(SLOT, 0, (int) SIZE));
  }

  @Test
  void readAcrossTheEnd_isShort() throws IOException {
    try (var channel = FileChannel.open(session.blob(SLOT))) {
      var buffer = ByteBuffer.allocate(1000);

      assertThat(channel.read(buffer, SIZE - 10)).isEqualTo(10);
      assertThat(channel.read(buffer, SIZE)).isEqualTo(-1);
      assertThat(channel.read(buffer, SIZE + 100_000)).isEqualTo(-1);
    }
  }

  @Test
  void slotThatComesLater_isFound() throws IOException {
    assertThatThrownBy(() -> Files.size(session.blob(8))).isInstanceOf(NoSuchFileException.class);

    layers.with(8, 42);

    assertThat(Files.size(session.blob(8))).isEqualTo(42);
  }

  @Test
  void namesThatAreNoSlots_areNotThere() {
    Path blobs = directory.resolve("blobs");

    for (String name : new String[] {"07", "seven", "7 ", "-7", "99999999999", "4294967303", "0"}) {
      assertThat(blobs.resolve(name)).doesNotExist();
    }
  }

  @Test
  void nobodyCanWrite() {
    assertThatThrownBy(() -> FileChannel.open(session.blob(SLOT), StandardOpenOption.WRITE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Read-only");
  }

  @Test
  void handlerThatThrows_isAnInputOutputError() throws IOException {
    session.close();
    BlobHandler broken =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            throw new IllegalStateException("broken");
          }
        }.with(SLOT, SIZE);
    session = FuseSession.mount(directory, broken, null, SessionOptions.defaults());

    assertThatThrownBy(() -> Files.readAllBytes(session.blob(SLOT)))
        .hasMessageContaining("Input/output error");
    assertThat(Files.size(session.blob(SLOT))).isEqualTo(SIZE);
  }

  @Test
  void readerThatFails_isAnInputOutputErrorAndTheNextReadWorks() throws IOException {
    session.close();
    BlobHandler flaky =
        new PatternLayers() {
          private boolean failed;

          @Override
          public synchronized void read(long slot, long offset, int length, ReadReply reply) {
            if (failed) {
              super.read(slot, offset, length, reply);
            } else {
              failed = true;
              reply.send(
                  (dst, at) -> {
                    throw new IOException("the disk says no");
                  });
            }
          }
        }.with(SLOT, SIZE);
    session = FuseSession.mount(directory, flaky, null, SessionOptions.defaults());

    assertThatThrownBy(() -> Files.readAllBytes(session.blob(SLOT)))
        .hasMessageContaining("Input/output error");
    assertThat(Files.readAllBytes(session.blob(SLOT))).hasSize((int) SIZE);
  }

  @Test
  void failedRead_givesTheHandlersErrno() throws IOException {
    session.close();
    BlobHandler denied =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            Thread.startVirtualThread(() -> reply.fail(Errno.ENOSPC));
          }
        }.with(SLOT, SIZE);
    session = FuseSession.mount(directory, denied, null, SessionOptions.defaults());

    assertThatThrownBy(() -> Files.readAllBytes(session.blob(SLOT)))
        .hasMessageContaining("No space left");
  }

  @Test
  void deferredReplies_areRight() throws IOException {
    session.close();
    BlobHandler late =
        new PatternLayers() {
          @Override
          public void read(long slot, long offset, int length, ReadReply reply) {
            Thread.startVirtualThread(() -> super.read(slot, offset, length, reply));
          }
        }.with(SLOT, SIZE);
    session = FuseSession.mount(directory, late, null, SessionOptions.defaults());

    assertThat(Files.readAllBytes(session.blob(SLOT)))
        .isEqualTo(PatternLayers.bytes(SLOT, 0, (int) SIZE));
  }

  @Test
  void close_withAnOpenFile_endsAndTheUserSeesAnError() throws IOException {
    try (var channel = FileChannel.open(session.blob(SLOT))) {
      session.close();

      assertThat(session.isServing()).isFalse();
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(10), 0))
          .isInstanceOf(IOException.class);
    }
    session.close();
  }

  @Test
  void placeOfADeadMount_isTakenOver() throws IOException {
    try (var again = FuseSession.mount(directory, layers, null, SessionOptions.defaults())) {
      assertThat(Files.size(again.blob(SLOT))).isEqualTo(SIZE);
    }
  }
}
