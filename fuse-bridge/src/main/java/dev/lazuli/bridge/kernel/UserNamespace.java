package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A user namespace that no process is in: it only says how {@link IdMappedMounts} translate owners.
 * See user_namespaces(7).
 */
public final class UserNamespace implements AutoCloseable {
  /**
   * A line of {@code uid_map} or {@code gid_map}.
   *
   * @param inside the first id within the namespace
   * @param outside the first id for whoever makes the namespace
   * @param count how many ids follow each other, at least 1
   */
  public record IdRange(long inside, long outside, long count) {
    private static final long MOST = 0xffff_ffffL;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if an id would be negative or need more than 32 bits, or
     *     would be the one that stands for none
     */
    public IdRange {
      if (inside < 0 || outside < 0 || count < 1 || count > MOST) {
        throw new IllegalArgumentException("not a range of ids: " + inside + ":" + outside);
      }
      if (inside > MOST - count || outside > MOST - count) {
        throw new IllegalArgumentException("ids have 32 bits: " + inside + ":" + outside);
      }
    }
  }

  private static final long CLONE_NEWUSER = 0x1000_0000L;
  private static final long SIGCHLD = 17;
  private static final long STACK_BYTES = 64 << 10;
  private static final long STACK_ALIGNMENT = 16;

  /** How long the process lives by which the namespace is made, if we die before we end it. */
  private static final long LIFE_SECONDS = 5;

  /** {@code clone(fn, stack, flags, arg)}. */
  private static final CFunction CLONE = CFunction.ofInt("clone", 4);

  private final FileDescriptor descriptor;

  private UserNamespace(FileDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Makes a namespace. The kernel makes one only for a process, which ends before this returns. It
   * is a copy of this one that does nothing but sleep: between {@code fork} and {@code exec} none
   * of Java's code may run.
   *
   * @throws IOException if the kernel refuses the namespace or the ranges
   */
  public static UserNamespace of(List<IdRange> uids, List<IdRange> gids) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stack = arena.allocate(STACK_BYTES, STACK_ALIGNMENT);
      long sleep = Libc.address("sleep");
      long pid =
          Libc.check(
              state ->
                  CLONE.call(
                      state,
                      sleep,
                      stack.address() + STACK_BYTES,
                      CLONE_NEWUSER | SIGCHLD,
                      LIFE_SECONDS),
              () -> "clone(CLONE_NEWUSER)");
      FileDescriptor made = null;
      boolean ended = false;
      try {
        made = mapped(Path.of("/proc", Long.toString(pid)), uids, gids);
      } finally {
        try {
          Spawn.end(pid);
          ended = true;
        } finally {
          if (!ended && made != null) {
            made.close();
          }
        }
      }
      return new UserNamespace(made);
    }
  }

  private static FileDescriptor mapped(Path process, List<IdRange> uids, List<IdRange> gids)
      throws IOException {
    write(process.resolve("uid_map"), uids);
    write(process.resolve("gid_map"), gids);
    return FileDescriptor.open(
        process.resolve("ns/user"), FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC);
  }

  /** Writes a map at once, as the kernel wants it. */
  private static void write(Path map, List<IdRange> ranges) throws IOException {
    var text =
        ranges.stream()
            .map(range -> range.inside() + " " + range.outside() + " " + range.count() + "\n")
            .collect(Collectors.joining());
    try {
      Files.write(map, text.getBytes(US_ASCII), StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException(
          map.getFileName() + " \"" + text.strip() + "\" of a user namespace: " + e.getMessage(),
          e);
    }
  }

  /** Returns the number, as {@code mount_setattr(2)} wants it. */
  int number() {
    return descriptor.number();
  }

  /** Lets go of the namespace, which lives on in the mounts that it was used for. */
  @Override
  public void close() {
    descriptor.close();
  }
}
