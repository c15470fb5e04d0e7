package dev.lazuli.bridge.erofs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * A read-only block device over a file, for the kernels that mount EROFS from block devices only.
 * The device frees itself when its last user goes: after {@link #close} that is the mount.
 *
 * <p>Numbers are those of uapi/linux/loop.h; {@code LOOP_CONFIGURE} is in Linux since 5.8.
 */
final class LoopDevice implements AutoCloseable {
  private static final Path CONTROL = Path.of("/dev/loop-control");
  private static final int LOOP_CTL_GET_FREE = 0x4C82;
  private static final int LOOP_CONFIGURE = 0x4C0A;

  // struct loop_config: fd u32, block_size u32, struct loop_info64 (232 bytes), reserved u64[8]
  private static final int CONFIG_SIZE = 304;
  private static final int CONFIG_INFO = 8;
  private static final int INFO_FLAGS = 52;
  private static final int INFO_FILE_NAME = 56;
  private static final int LO_NAME_SIZE = 64;
  private static final int LO_FLAGS_READ_ONLY = 1;
  private static final int LO_FLAGS_AUTOCLEAR = 4;
  private static final int LO_FLAGS_DIRECT_IO = 16;

  /** Others take free devices too: a device that was free a moment ago may be busy now. */
  private static final int ATTEMPTS = 64;

  private final Path path;
  private final FileDescriptor device;

  private LoopDevice(Path path, FileDescriptor device) {
    this.path = path;
    this.device = device;
  }

  /**
   * Attaches a file to a free device, which passes reads on one after the other, through the page
   * cache.
   *
   * @throws ErrnoException if the kernel refuses, or every free device was taken by others
   */
  static LoopDevice attach(Path file) throws IOException {
    try (var backing =
        FileDescriptor.open(file, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC)) {
      return attach(file, backing, 0);
    }
  }

  /**
   * Attaches an open file to a free device, which passes reads on side by side, around the page
   * cache. The kernel falls back to the other way where the file cannot do it.
   *
   * @param file its path, for people to read
   * @param backing stays the caller's
   * @throws ErrnoException if the kernel refuses, or every free device was taken by others
   */
  static LoopDevice attachDirectly(Path file, FileDescriptor backing) throws IOException {
    return attach(file, backing, LO_FLAGS_DIRECT_IO);
  }

  private static LoopDevice attach(Path file, FileDescriptor backing, int more) throws IOException {
    int flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | more;
    try (var control =
        FileDescriptor.open(CONTROL, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC)) {
      for (int attempt = 1; ; attempt++) {
        try {
          return configure(control.ioctl(LOOP_CTL_GET_FREE, 0), backing, file, flags);
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EBUSY || attempt == ATTEMPTS) {
            throw e;
          }
        }
      }
    }
  }

  private static LoopDevice configure(int number, FileDescriptor backing, Path file, int flags)
      throws ErrnoException {
    var path = Path.of("/dev/loop" + number);
    var device = FileDescriptor.open(path, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC);
    try (var arena = Arena.ofConfined()) {
      var config = arena.allocate(CONFIG_SIZE, Long.BYTES);
      config.set(ValueLayout.JAVA_INT, 0, backing.number());
      config.set(ValueLayout.JAVA_INT, CONFIG_INFO + INFO_FLAGS, flags);
      var name = MemorySegment.ofArray(file.toString().getBytes(UTF_8));
      long shown = Math.min(name.byteSize(), LO_NAME_SIZE - 1);
      MemorySegment.copy(name, 0, config, CONFIG_INFO + INFO_FILE_NAME, shown);
      device.ioctl(LOOP_CONFIGURE, config);
      return new LoopDevice(path, device);
    } catch (ErrnoException | RuntimeException e) {
      device.close();
      throw e;
    }
  }

  /** Returns the device's path, such as {@code /dev/loop3}. */
  Path path() {
    return path;
  }

  /** Lets the device go: it lives on for as long as it is mounted. */
  @Override
  public void close() {
    device.close();
  }
}
