package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.util.Objects.requireNonNull;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever the kernel might send gets one reply of a proper form, and nothing is thrown. */
class FuseRequestFuzzTest {
  private static final ErofsImage IMAGE = image();
  private static final long SLOT = 2;

  /** Shared by all runs: their memory goes with the collector, which knows nothing of its size. */
  private static final ReplyBuffers BUFFERS = new ReplyBuffers(1);

  private static final byte[] REQUEST = new byte[Protocol.REQUEST_BUFFER_BYTES];

  @FuzzTest(maxDuration = "30s")
  void everyRequestIsAnsweredOnce(byte[] message) {
    var layers = new PatternLayers().with(SLOT, IMAGE.deviceSize());
    TreeProvider trees = slot -> slot == SLOT ? IMAGE : null;
    for (Volume volume : List.of(new BlobVolume(layers), new TreeVolume(trees, layers))) {
      var device = new Recorder();
      var connection = new FuseConnection("fuzz", device, volume, 1, BUFFERS);
      Arrays.fill(REQUEST, (byte) 0);
      var request = new FuseRequest(MemorySegment.ofArray(REQUEST));
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

  /** Seeds changed at random; another number makes other messages, {@code -Dlazuli.fuzz.seed}. */
  @Test
  void changedSeeds_areAnsweredOnceToo() throws Exception {
    long seed = Long.getLong("lazuli.fuzz.seed", System.nanoTime());
    System.out.println("lazuli.fuzz.seed " + seed);
    var random = new Random(seed);
    var seeds = new ArrayList<byte[]>();
    var inputs =
        FuseRequestFuzzTest.class.getResource(
            "FuseRequestFuzzTestInputs/everyRequestIsAnsweredOnce");
    try (var files = Files.newDirectoryStream(Path.of(requireNonNull(inputs).toURI()))) {
      for (Path file : files) {
        seeds.add(Files.readAllBytes(file));
      }
    }
    assertThat(seeds).hasSizeGreaterThan(10);
    for (int i = 0; i < 3000; i++) {
      everyRequestIsAnsweredOnce(changed(seeds.get(random.nextInt(seeds.size())), random));
    }
  }

  private static byte[] changed(byte[] seed, Random random) {
    byte[] message = Arrays.copyOf(seed, Math.max(1, seed.length + random.nextInt(-8, 9)));
    for (int changes = random.nextInt(1, 6); changes > 0; changes--) {
      int at = random.nextInt(message.length);
      message[at] =
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> (byte) random.nextInt(64);
            default -> (byte) random.nextInt();
          };
    }
    return message;
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
  private static final class Recorder implements FuseDevice {
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
