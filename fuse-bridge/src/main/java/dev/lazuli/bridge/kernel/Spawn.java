package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts a process that inherits chosen descriptors and no others, by {@code posix_spawn(3)};
 * {@link ProcessBuilder} cannot hand over any but the standard three.
 */
public final class Spawn {
  /** More than {@code posix_spawn_file_actions_t} and {@code posix_spawnattr_t} take anywhere. */
  private static final int OPAQUE_STRUCT_SIZE = 512;

  private static final short POSIX_SPAWN_SETSID = 0x80;

  private static final String CLOSEFROM = "posix_spawn_file_actions_addclosefrom_np";

  private static final CFunction WAITPID = CFunction.ofInt("waitpid", 3);
  private static final CFunction KILL = CFunction.ofInt("kill", 2);
  static final int SIGKILL = 9;

  // Those around posix_spawn(3) return the error number themselves.
  private static final CFunction SPAWN = CFunction.ofInt("posix_spawn", 6);
  private static final CFunction ACTIONS_INIT = CFunction.ofInt("posix_spawn_file_actions_init", 1);
  private static final CFunction ACTIONS_DESTROY =
      CFunction.ofInt("posix_spawn_file_actions_destroy", 1);
  private static final CFunction ACTIONS_DUP2 =
      CFunction.ofInt("posix_spawn_file_actions_adddup2", 3);
  private static final CFunction ACTIONS_CLOSE =
      CFunction.ofInt("posix_spawn_file_actions_addclose", 2);
  private static final CFunction ATTRIBUTES_INIT = CFunction.ofInt("posix_spawnattr_init", 1);
  private static final CFunction ATTRIBUTES_DESTROY = CFunction.ofInt("posix_spawnattr_destroy", 1);
  private static final CFunction ATTRIBUTES_SETFLAGS =
      CFunction.ofInt("posix_spawnattr_setflags", 2);

  /** Since glibc 2.34, not in musl; null if there is none. */
  private static final @Nullable CFunction ACTIONS_CLOSEFROM =
      Libc.has(CLOSEFROM) ? CFunction.ofInt(CLOSEFROM, 2) : null;

  private Spawn() {}

  /**
   * Starts a program in a session of its own, so that no terminal's signals reach it.
   *
   * @param command the program's path and its arguments
   * @param descriptors become the child's 0, 1, 2 and so on
   * @return the child's process number, to be given to {@link #await} some day
   * @throws IOException if the program cannot be started
   */
  public static long start(List<String> command, List<FileDescriptor> descriptors)
      throws IOException {
    List<FileDescriptor> sources = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (FileDescriptor descriptor : descriptors) {
        // Above the child's numbers, so that no action overwrites what a later one copies.
        sources.add(descriptor.duplicate(descriptors.size()));
      }
      return start(command, sources, arena);
    } finally {
      sources.forEach(FileDescriptor::close);
    }
  }

  private static long start(List<String> command, List<FileDescriptor> sources, Arena arena)
      throws IOException {
    MemorySegment actions = arena.allocate(OPAQUE_STRUCT_SIZE, 16);
    MemorySegment attributes = arena.allocate(OPAQUE_STRUCT_SIZE, 16);
    MemorySegment pid = arena.allocate(JAVA_INT);
    MemorySegment path = arena.allocateFrom(command.getFirst());
    MemorySegment arguments = strings(arena, command);
    MemorySegment environment = strings(arena, List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
    succeed(s -> ACTIONS_INIT.call(s, actions.address()), "file_actions_init");
    try {
      addActions(actions, sources);
      succeed(s -> ATTRIBUTES_INIT.call(s, attributes.address()), "spawnattr_init");
      try {
        succeed(
            s -> ATTRIBUTES_SETFLAGS.call(s, attributes.address(), POSIX_SPAWN_SETSID),
            "spawnattr_setflags");
        succeed(
            s ->
                SPAWN.call(
                    s,
                    pid.address(),
                    path.address(),
                    actions.address(),
                    attributes.address(),
                    arguments.address(),
                    environment.address()),
            command.toString());
        return pid.get(JAVA_INT, 0);
      } finally {
        succeed(s -> ATTRIBUTES_DESTROY.call(s, attributes.address()), "destroy");
      }
    } finally {
      succeed(s -> ACTIONS_DESTROY.call(s, actions.address()), "destroy");
    }
  }

  private static void addActions(MemorySegment actions, List<FileDescriptor> sources)
      throws IOException {
    for (int i = 0; i < sources.size(); i++) {
      int from = sources.get(i).number();
      int to = i;
      succeed(s -> ACTIONS_DUP2.call(s, actions.address(), from, to), "adddup2");
    }
    // Not everything is closed on exec: Java's sockets are not, nor what our own parent left open.
    CFunction closeFrom = ACTIONS_CLOSEFROM;
    if (closeFrom != null) {
      int first = sources.size();
      succeed(s -> closeFrom.call(s, actions.address(), first), "addclosefrom_np");
    } else {
      closeAllThatIsOpen(actions, sources.size());
    }
  }

  private static void closeAllThatIsOpen(MemorySegment actions, int first) throws IOException {
    try (var open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path entry : open) {
        int number = Integer.parseInt(entry.getFileName().toString());
        if (number >= first) {
          succeed(s -> ACTIONS_CLOSE.call(s, actions.address(), number), "addclose");
        }
      }
    }
  }

  /**
   * Waits until a child that {@link #start} made has ended.
   *
   * @throws ErrnoException with {@link Errno#ECHILD} if it is not our child, or was waited for
   */
  public static void await(long pid) throws ErrnoException {
    await(pid, MemorySegment.NULL);
  }

  /**
   * How a process ended.
   *
   * @param status its exit status, 0 to 255; 0 if it was killed
   * @param signal the signal that killed it; 0 if none did
   */
  record Exit(int status, int signal) {}

  /** Waits as {@link #await(long)} does, and returns how the child has ended. */
  static Exit exit(long pid) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(JAVA_INT);
      await(pid, status);
      // As in <sys/wait.h>: the signal in the lowest seven bits, the status in the next eight.
      int word = status.get(JAVA_INT, 0);
      return new Exit(word >> 8 & 0xff, word & 0x7f);
    }
  }

  private static void await(long pid, MemorySegment status) throws ErrnoException {
    while (true) {
      try {
        Libc.check(
            state -> WAITPID.call(state, pid, status.address(), 0),
            () -> "waitpid(%d)".formatted(pid));
        return;
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }

  /**
   * Kills a child and waits until it has ended. Needs no descriptor: nobody else gets the number of
   * a child that was not waited for.
   *
   * @throws ErrnoException with {@link Errno#ESRCH} or {@link Errno#ECHILD} if it is not a child of
   *     ours, or was waited for
   */
  static void end(long pid) throws ErrnoException {
    Libc.check(state -> KILL.call(state, pid, SIGKILL), () -> "kill(%d, SIGKILL)".formatted(pid));
    await(pid);
  }

  private static void succeed(Libc.Call call, String what) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      int errno = (int) call.run(Libc.newCallState(arena));
      if (errno != 0) {
        throw new ErrnoException("posix_spawn: " + what, errno);
      }
    }
  }

  private static MemorySegment strings(Arena arena, List<String> strings) {
    MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L);
    for (int i = 0; i < strings.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(strings.get(i)));
    }
    return array;
  }
}
