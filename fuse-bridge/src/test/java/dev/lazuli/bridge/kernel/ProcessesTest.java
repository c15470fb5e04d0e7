package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Children and what they inherit. */
class ProcessesTest {
  private static final int FLAGS = FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC;

  @TempDir Path directory;

  @Test
  void child_hasTheChosenDescriptorsInTheirOrderAndNoOthers() throws Exception {
    Path out = Files.createFile(directory.resolve("out"));
    Path third = Files.writeString(directory.resolve("third"), "third");
    try (var leak = new ServerSocket(0);
        var nothing = FileDescriptor.open(Path.of("/dev/null"), FLAGS);
        var output = FileDescriptor.open(out, FLAGS);
        var input = FileDescriptor.open(third, FLAGS)) {
      assertThat(leak.isBound()).isTrue();
      long pid =
          Spawn.start(
              List.of("/bin/sh", "-c", "cat <&3; cd /proc/$$/fd; echo; echo *; echo $0", "name"),
              List.of(nothing, output, nothing, input));
      Spawn.await(pid);
    }

    // 4 is the listing's own.
    assertThat(Files.readString(out)).isEqualTo("third\n0 1 2 3 4\nname\n");
  }

  @Test
  void programThatIsNotThere_isAnError() {
    assertThatThrownBy(() -> Spawn.start(List.of("/no/such/program"), List.of()))
        .isInstanceOf(ErrnoException.class)
        .hasMessage("posix_spawn: [/no/such/program]: ENOENT");
  }

  @Test
  void descriptorOfAnotherProcess_isTheSameOpenFile() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "lapis lazuli");
    long pid;
    try (var input = FileDescriptor.open(file, FLAGS)) {
      pid = Spawn.start(List.of("/bin/sleep", "60"), List.of(input));
    }
    try (var process = Pidfd.open(pid);
        var copy = process.copyDescriptor(0);
        var arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(100);
      assertThat(copy.read(into, FileDescriptor.newCallState(arena))).isEqualTo(12);
      assertThat(into.getString(0, UTF_8)).isEqualTo("lapis lazuli");
      assertThatThrownBy(() -> process.copyDescriptor(77)).hasMessageContaining("EBADF");

      process.kill();
      Spawn.await(pid);

      assertThatThrownBy(process::kill).hasMessageContaining("ESRCH");
      assertThatThrownBy(() -> Pidfd.open(pid)).hasMessageContaining("ESRCH");
      assertThatThrownBy(() -> Spawn.await(pid)).hasMessageContaining("ECHILD");
    }
  }

  @Test
  void pipeWhoseWriterIsClosed_hasFailed() throws Exception {
    try (var pipe = Pipe.open()) {
      assertThat(pipe.readEnd().hasFailed()).isFalse();

      pipe.writeEnd().close();

      assertThat(pipe.readEnd().hasFailed()).isTrue();
    }
  }

  @Test
  void datagramToNobody_isAnError() {
    assertThatThrownBy(() -> UnixDatagram.send("@nobody-listens-here", "x", List.of()))
        .hasMessage("sendmsg to \"@nobody-listens-here\": ECONNREFUSED");
    assertThatThrownBy(() -> UnixDatagram.send("/" + "x".repeat(107), "x", List.of()))
        .hasMessageContaining("ENAMETOOLONG");
  }
}
