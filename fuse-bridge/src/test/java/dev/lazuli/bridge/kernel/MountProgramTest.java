package dev.lazuli.bridge.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MountProgramTest {
  @TempDir Path directory;

  @Test
  void mount_ofWhatIsNotThere_saysWhatTheKernelSaid() throws IOException {
    try (var program = MountProgram.write(directory.resolve("mount"))) {
      assertThatThrownBy(() -> program.mount("none", directory.resolve("gone"), "tmpfs", ""))
          .isInstanceOfSatisfying(
              ErrnoException.class,
              e -> assertThat(e.errno()).isIn(Errno.ENOENT, Errno.EPERM)); // the latter if no root
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void mount_passesAllOfItsArgumentsOn() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    var target = Files.createDirectory(directory.resolve("target"));
    try (var program = MountProgram.write(directory.resolve("mount"))) {
      program.mount("our-source", target, "tmpfs", "size=8192");
      try {
        var line =
            Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(mount -> mount.contains(" " + target + " "))
                .findFirst()
                .orElseThrow();
        assertThat(line).contains(" ro,nosuid,nodev,", " - tmpfs our-source ", "size=8k");
      } finally {
        Mounts.unmount(target, 0);
      }
    }
  }

  @Test
  void program_thatIsGone_isNoAnswerOfTheKernel() throws IOException {
    var program = MountProgram.write(directory.resolve("mount"));
    program.close();

    assertThatThrownBy(() -> program.mount("none", directory, "tmpfs", ""))
        .isInstanceOf(MountProgram.CannotRunException.class)
        .hasMessageContaining("mount");
  }

  @Test
  void write_ofANewOne_takesThePlaceOfTheOld() throws IOException {
    Files.writeString(directory.resolve("mount"), "what an earlier daemon left");

    try (var program = MountProgram.write(directory.resolve("mount"))) {
      assertThatThrownBy(() -> program.mount("none", directory.resolve("gone"), "tmpfs", ""))
          .isInstanceOf(ErrnoException.class);
    }
  }

  @Test
  void elf_hasTheInstructionsOfItsMachine() throws IOException {
    var x86 = MountProgram.elf("amd64");
    var arm = MountProgram.elf("aarch64");

    assertThat(x86).startsWith(0x7f, 'E', 'L', 'F', 2, 1, 1);
    assertThat(x86[18]).isEqualTo((byte) 62);
    assertThat(arm[18]).isEqualTo((byte) 183);
    // The last is svc #0, which stands for the call that ends the process.
    assertThat(arm).endsWith(0x01, 0x00, 0x00, 0xd4);
    assertThatThrownBy(() -> MountProgram.elf("riscv64"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("riscv64");
  }
}
