package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A pipe, {@code pipe2(2)}, both ends closed on exec.
 *
 * @param readEnd at its end once every copy of {@code writeEnd} is closed
 * @param writeEnd what is written here can be read there
 */
public record Pipe(FileDescriptor readEnd, FileDescriptor writeEnd) implements AutoCloseable {
  private static final CFunction PIPE2 = CFunction.ofInt("pipe2", 2);

  /**
   * Makes a pipe.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public static Pipe open() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(JAVA_INT, 2);
      Libc.check(
          state -> PIPE2.call(state, ends.address(), FileDescriptor.O_CLOEXEC),
          () -> "pipe2(O_CLOEXEC)");
      return new Pipe(
          FileDescriptor.own(ends.getAtIndex(JAVA_INT, 0)),
          FileDescriptor.own(ends.getAtIndex(JAVA_INT, 1)));
    }
  }

  /** Closes both ends. */
  @Override
  public void close() {
    readEnd.close();
    writeEnd.close();
  }
}
