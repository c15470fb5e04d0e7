package dev.lazuli.bridge.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
  @TempDir Path directory;

  @Test
  void unmountOfWhatIsNotMounted_namesTheCall() {
    var error = catchThrowableOfType(ErrnoException.class, () -> Mounts.unmount(directory, 0));

    assertThat(error.errno()).isIn(Errno.EINVAL, Errno.EPERM);
    assertThat(error).hasMessageContaining("umount2(\"" + directory + "\", 0x0): E");
  }

  @Test
  void mountedFileSystem_isThereUntilUnmounted() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    Path file = directory.resolve("file");

    Mounts.mount("test", directory, "tmpfs", Mounts.MS_NODEV | Mounts.MS_NOSUID, "size=64k");
    try {
      Files.writeString(file, "here");
      assertThat(Files.getFileStore(directory).type()).isEqualTo("tmpfs");
    } finally {
      Mounts.unmount(directory, Mounts.UMOUNT_NOFOLLOW);
    }

    assertThat(file).doesNotExist();
  }

  @Test
  void busyMount_isRefusedThenDetached() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    Mounts.mount("test", directory, "tmpfs", 0, "size=64k");
    Files.writeString(directory.resolve("file"), "here");

    try (var held = FileDescriptor.open(directory.resolve("file"), FileDescriptor.O_RDONLY)) {
      var error = catchThrowableOfType(ErrnoException.class, () -> Mounts.unmount(directory, 0));
      assertThat(error.errno()).isEqualTo(Errno.EBUSY);
      Mounts.unmount(directory, Mounts.MNT_DETACH);
      assertThat(held.number()).isPositive();
    }

    assertThat(directory).isEmptyDirectory();
  }
}
