package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDescriptorTest {
  @TempDir Path directory;

  @Test
  void written_isRead() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));

    try (var arena = Arena.ofConfined();
        var descriptor =
            FileDescriptor.open(file, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC);
        var again = FileDescriptor.open(file, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC)) {
      MemorySegment callState = FileDescriptor.newCallState(arena);
      assertThat(descriptor.write(arena.allocateFrom("lapis"), callState)).isEqualTo(6);

      MemorySegment into = arena.allocate(100);
      assertThat(again.read(into, callState)).isEqualTo(6);
      assertThat(into.getString(0, UTF_8)).isEqualTo("lapis");
      assertThat(again.read(into, callState)).isZero();
    }
  }

  @Test
  void readError_isTheNegatedErrno() throws Exception {
    try (var arena = Arena.ofConfined();
        var descriptor = FileDescriptor.open(directory, FileDescriptor.O_RDONLY)) {
      long result = descriptor.read(arena.allocate(8), FileDescriptor.newCallState(arena));

      assertThat(result).isEqualTo(-Errno.EISDIR);
    }
  }

  @Test
  void open_ofNothing_saysWhichCallFailed() {
    Path missing = directory.resolve("missing");

    assertThatThrownBy(() -> FileDescriptor.open(missing, FileDescriptor.O_RDWR))
        .isInstanceOf(ErrnoException.class)
        .hasMessage("open(\"" + missing + "\", 0x2): ENOENT");
  }

  @Test
  void ioctl_onAFileThatHasNone_saysSo() throws Exception {
    try (var descriptor = FileDescriptor.open(directory, FileDescriptor.O_RDONLY)) {
      assertThatThrownBy(() -> descriptor.ioctl(0x8004e500L, 0))
          .hasMessage("ioctl(" + descriptor.number() + ", 0x8004e500, 0x0): ENOTTY");
    }
  }

  @Test
  void close_twice_closesOnce() throws Exception {
    var first = FileDescriptor.open(directory, FileDescriptor.O_RDONLY);
    first.close();
    try (var second = FileDescriptor.open(directory, FileDescriptor.O_RDONLY);
        var arena = Arena.ofConfined()) {
      first.close();

      long result = second.read(arena.allocate(8), FileDescriptor.newCallState(arena));
      assertThat(result).isEqualTo(-Errno.EISDIR);
    }
  }
}
