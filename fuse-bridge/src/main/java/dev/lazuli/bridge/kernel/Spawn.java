package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a process that inherits chosen descriptors and no others, by {@code posix_spawn(3)};
 * {@link ProcessBuilder} cannot hand over any but the standard three.
 */
public final class Spawn {
  /** More than {@code posix_spawn_file_actions_t} and {@code posix_spawnattr_t} take anywhere. */
  private static final int OPAQUE_STRUCT_SIZE = 512;

  private static final short POSIX_SPAWN_SETSID = 0x80;

  private Spawn() {}

  /**
   * Starts a program in a session of its own, so that no terminal's signals reach it.
   *
   * @param command the program's path and its arguments
   * @param descriptors become the child's 0, 1, 2 and so on
   * @return the child's process number, to be given to {@link #await} some day
   * @throws IOException if the program cannot be started
   */
  public static long start(List<String> command, List<Descriptor> descriptors) throws IOException {
    List<Descriptor> sources = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (Descriptor descriptor : descriptors) {
        // Above the child's numbers, so that no action overwrites what a later one copies.
        sources.add(descriptor.duplicate(descriptors.size()));
      }
      return start(command, sources, arena);
    } finally {
      sources.forEach(Descriptor::close);
    }
  }

  private static long start(List<String> command, List<Descriptor> sources, Arena arena)
      throws IOException {
    MemorySegment actions = arena.allocate(OPAQUE_STRUCT_SIZE, 16);
    MemorySegment attributes = arena.allocate(OPAQUE_STRUCT_SIZE, 16);
    MemorySegment pid = arena.allocate(JAVA_INT);
    MemorySegment path = arena.allocateFrom(command.getFirst());
    MemorySegment arguments = strings(arena, command);
    MemorySegment environment = strings(arena, List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
    succeed(s -> (int) Libc.SPAWN_ACTIONS_INIT.invokeExact(s, actions), "file_actions_init");
    try {
      addActions(actions, sources);
      succeed(s -> (int) Libc.SPAWN_ATTRIBUTES_INIT.invokeExact(s, attributes), "spawnattr_init");
      try {
        succeed(
            s ->
                (int) Libc.SPAWN_ATTRIBUTES_SETFLAGS.invokeExact(s, attributes, POSIX_SPAWN_SETSID),
            "spawnattr_setflags");
        succeed(
            s ->
                (int)
                    Libc.POSIX_SPAWN.invokeExact(
                        s, pid, path, actions, attributes, arguments, environment),
            command.toString());
        return pid.get(JAVA_INT, 0);
      } finally {
        succeed(s -> (int) Libc.SPAWN_ATTRIBUTES_DESTROY.invokeExact(s, attributes), "destroy");
      }
    } finally {
      succeed(s -> (int) Libc.SPAWN_ACTIONS_DESTROY.invokeExact(s, actions), "destroy");
    }
  }

  private static void addActions(MemorySegment actions, List<Descriptor> sources)
      throws IOException {
    for (int i = 0; i < sources.size(); i++) {
      int from = sources.get(i).number();
      int to = i;
      succeed(s -> (int) Libc.SPAWN_ACTIONS_DUP2.invokeExact(s, actions, from, to), "adddup2");
    }
    // Not everything is closed on exec: Java's sockets are not, nor what our own parent left open.
    MethodHandle closeFrom = Libc.SPAWN_ACTIONS_CLOSEFROM;
    if (closeFrom != null) {
      int first = sources.size();
      succeed(s -> (int) closeFrom.invokeExact(s, actions, first), "addclosefrom_np");
    } else {
      closeAllThatIsOpen(actions, sources.size());
    }
  }

  private static void closeAllThatIsOpen(MemorySegment actions, int first) throws IOException {
    try (var open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path entry : open) {
        int number = Integer.parseInt(entry.getFileName().toString());
        if (number >= first) {
          succeed(s -> (int) Libc.SPAWN_ACTIONS_CLOSE.invokeExact(s, actions, number), "addclose");
        }
      }
    }
  }

  /**
   * Waits until a child that {@link #start} made has ended.
   *
   * @throws ErrnoException with {@link Errno#ECHILD} if it is no child of ours, or was waited for
   */
  public static void await(long pid) throws ErrnoException {
    while (true) {
      try {
        Libc.check(
            state -> (int) Libc.WAITPID.invokeExact(state, (int) pid, MemorySegment.NULL, 0),
            () -> "waitpid(%d)".formatted(pid));
        return;
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }

  private static void succeed(Libc.Call call, String what) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      int errno = (int) Libc.run(call, Libc.newCallState(arena));
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
