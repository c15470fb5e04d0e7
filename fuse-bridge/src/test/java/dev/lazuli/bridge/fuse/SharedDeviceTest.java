package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.Pipe;
import dev.lazuli.testimages.waiting.Eventually;
import java.lang.foreign.Arena;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class SharedDeviceTest {
  @Test
  void close_whileAThreadReads_waitsForItsEndOnly() throws Exception {
    try (var arena = Arena.ofShared();
        var pipe = Pipe.open();
        var pool = Executors.newSingleThreadExecutor()) {
      var device = new SharedDevice(pipe.readEnd());
      var read =
          pool.submit(() -> device.read(arena.allocate(8), FileDescriptor.newCallState(arena)));
      Eventually.until(device::inUse);

      device.close();

      // Still open for the one reader, and for nobody else.
      assertThat(pipe.writeEnd().hasFailed()).isFalse();
      assertThat(device.read(arena.allocate(8), FileDescriptor.newCallState(arena)))
          .isEqualTo(-Errno.EBADF);
      assertThat(pipe.writeEnd().write(arena.allocate(3), FileDescriptor.newCallState(arena)))
          .isEqualTo(3);
      assertThat(read.get()).isEqualTo(3);
      assertThat(pipe.writeEnd().hasFailed()).isTrue();
    }
  }

  @Test
  void close_ofAnIdleDevice_closesAtOnce() throws Exception {
    try (var pipe = Pipe.open()) {
      var device = new SharedDevice(pipe.readEnd());

      device.close();
      device.close();

      assertThat(pipe.writeEnd().hasFailed()).isTrue();
    }
  }
}
