package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.kernel.UserNamespace.IdRange;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The process by which a user namespace is made is gone, whatever fails. */
class UserNamespaceProcessIT {
  private static final List<IdRange> IDS = List.of(new IdRange(0, 100_000, 1000));

  /** The kernel takes no ranges that overlap. */
  private static final List<IdRange> REFUSED =
      List.of(new IdRange(0, 100_000, 1000), new IdRange(10, 200_000, 1000));

  private static final int RLIMIT_NOFILE = 7;
  private static final CFunction GETRLIMIT = CFunction.ofInt("getrlimit", 2);
  private static final CFunction SETRLIMIT = CFunction.ofInt("setrlimit", 2);

  /** Loads all classes: while no file can be opened, none can be. */
  @BeforeEach
  void warmUp() throws IOException {
    UserNamespace.of(IDS, IDS).close();
    assertThatThrownBy(() -> UserNamespace.of(REFUSED, IDS).close())
        .hasMessageContaining("uid_map");
    assertThatThrownBy(() -> Pidfd.open(Integer.MAX_VALUE).close())
        .isInstanceOf(ErrnoException.class);
    assertThat(children()).isEmpty();
  }

  @Test
  void namespaceThatCannotBeMapped_leavesNoDescriptor() throws IOException {
    long before = openFiles();

    assertThatThrownBy(() -> UserNamespace.of(IDS, REFUSED).close())
        .hasMessageContaining("gid_map");

    assertThat(openFiles()).isEqualTo(before);
    assertThat(children()).isEmpty();
  }

  @Test
  void descriptorsThatAreUsedUp_leaveNoProcess() throws IOException {
    IOException failure = null;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(16, 8);
      call(GETRLIMIT, limit);
      long usual = limit.get(JAVA_LONG, 0);
      limit.set(JAVA_LONG, 0, 3);
      call(SETRLIMIT, limit);
      try {
        UserNamespace.of(IDS, IDS).close();
      } catch (IOException e) {
        failure = e;
      } finally {
        limit.set(JAVA_LONG, 0, usual);
        call(SETRLIMIT, limit);
      }
    }

    assertThat(failure).hasMessageContaining("uid_map");
    assertThat(children()).isEmpty();
  }

  private static void call(CFunction function, MemorySegment limit) throws ErrnoException {
    Libc.check(state -> function.call(state, RLIMIT_NOFILE, limit.address()), () -> "rlimit");
  }

  private static long openFiles() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  /** Returns the copies of this process that sleep, or have ended and nobody has waited for. */
  private static List<String> children() throws IOException {
    var children = new ArrayList<String>();
    try (var threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (var thread : threads) {
        children.addAll(List.of(Files.readString(thread.resolve("children")).strip().split(" ")));
      }
    }
    children.removeIf(String::isEmpty);
    return children;
  }
}
