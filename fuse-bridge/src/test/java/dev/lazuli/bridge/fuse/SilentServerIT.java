package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A daemon that is killed while the kernel asks it about a file that it mounts. */
@MountsFuse
final class SilentServerIT {
  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(ErofsMount.Backing.class)
  void daemonKilledInTheMiddleOfAMount_ends(ErofsMount.Backing way) throws Exception {
    SampleLayer.write(directory.resolve("meta.erofs"));
    Files.createDirectory(directory.resolve("fs"));
    var command = SmallJvm.command(SilentServer.class, directory.toString(), way.name());
    var daemon = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var output = new BufferedReader(new InputStreamReader(daemon.getInputStream(), UTF_8))) {
      assertThat(output.readLine()).isEqualTo(SilentServer.ASKED);

      daemon.destroyForcibly();

      assertThat(daemon.waitFor(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      // Aborts the connection, so that nothing hangs on it even if the test has failed.
      for (var volume : new String[] {"fs/blobs", "fs/trees"}) {
        if (Files.readString(Path.of("/proc/self/mounts"))
            .contains(directory.resolve(volume) + " ")) {
          Mounts.unmount(directory.resolve(volume), Mounts.MNT_FORCE | Mounts.MNT_DETACH);
        }
      }
    }
  }
}
