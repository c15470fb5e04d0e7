package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.erofs.SampleLayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whatever the kernel might send gets one reply of a proper form, and nothing is thrown. */
class RequestFuzzTest {
  private static final ErofsImage IMAGE = image();
  private static final long SLOT = 2;

  @FuzzTest(maxDuration = "30s")
  void everyRequestIsAnsweredOnce(byte[] message) {
    var layers = new PatternLayers().with(SLOT, IMAGE.deviceSize());
    TreeProvider trees = slot -> slot == SLOT ? IMAGE : null;
    for (Volume volume : List.of(new BlobVolume(layers), new TreeVolume(trees, layers))) {
      var device = new Recorder();
      var connection = new Connection("fuzz", device, volume, 1, new ReplyBuffers(1));
      var request = new Request(MemorySegment.ofArray(new byte[Protocol.REQUEST_BUFFER_BYTES]));
      int length = Math.min(message.length, Protocol.REQUEST_BUFFER_BYTES);
      MemorySegment.copy(message, 0, request.buffer(), JAVA_BYTE, 0, length);
      if (length >= Protocol.IN_HEADER_SIZE) {
        request.buffer().set(JAVA_INT_UNALIGNED, 0, length);
      }
      if (!request.accept(length)) {
        continue;
      }

      new Dispatcher(connection, volume).dispatch(request);

      int opcode = request.opcode();
      if (opcode == Protocol.FORGET || opcode == Protocol.BATCH_FORGET) {
        assertThat(device.replies).isZero();
      } else if (opcode == Protocol.INTERRUPT) {
        assertThat(device.replies).isLessThanOrEqualTo(1);
      } else {
        assertThat(device.replies).isEqualTo(1);
        assertThat(device.unique).isEqualTo(request.unique());
      }
    }
  }

  private static ErofsImage image() {
    try {
      Path file = Files.createTempFile("fuzz-", ".erofs");
      try {
        SampleLayer.write(file);
        var bytes = Files.readAllBytes(file);
        return ErofsImage.of(Arena.global().allocateFrom(JAVA_BYTE, bytes));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A device that only counts, and checks the form of what is written. */
  private static final class Recorder implements Device {
    private int replies;
    private long unique;

    @Override
    public long read(MemorySegment into, MemorySegment callState) {
      throw new AssertionError("nobody reads here");
    }

    @Override
    public long write(MemorySegment message, MemorySegment callState) {
      replies++;
      unique = message.get(JAVA_LONG, Protocol.OUT_UNIQUE);
      int error = message.get(JAVA_INT, Protocol.OUT_ERROR);
      assertThat(message.get(JAVA_INT, Protocol.OUT_LENGTH)).isEqualTo((int) message.byteSize());
      assertThat(error).isBetween(-4095, 0);
      assertThat(error == 0 || message.byteSize() == Protocol.OUT_HEADER_SIZE).isTrue();
      return message.byteSize();
    }
  }
}
