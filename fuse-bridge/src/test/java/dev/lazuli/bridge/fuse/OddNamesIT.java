package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.SampleLayer;
import dev.lazuli.testimages.waiting.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names of others in {@code /proc} are bytes, and may be no text at all. */
@MountsFuse
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OddNamesIT {
  @TempDir Path directory;

  @Test
  void processNamedByHalfACharacter_isNotTakenForKilled() throws Exception {
    // The kernel keeps 15 bytes of a name, whatever they are.
    var script =
        "n=\"$(printf 'aaaaaaaaaaaaaa\\303')\"; ln -s /bin/sleep \"./$n\"; exec \"./$n\" 1000";
    var sleeper = new ProcessBuilder("/bin/sh", "-c", script).directory(directory.toFile()).start();
    try {
      awaitOddName(sleeper.pid());

      assertThat(Interrupts.isKilled((int) sleeper.pid())).isFalse();
      assertThat(KeeperRecord.startTime(sleeper.pid())).isPositive();
    } finally {
      sleeper.destroyForcibly().waitFor();
    }
    assertThat(Interrupts.isKilled((int) sleeper.pid())).isTrue();
    assertThat(KeeperRecord.startTime(sleeper.pid())).isEqualTo(-1);
  }

  private static void awaitOddName(long pid) throws Exception {
    Path comm = Path.of("/proc", Long.toString(pid), "comm");
    Eventually.until(() -> Files.readAllBytes(comm).length == "aaaaaaaaaaaaaa?\n".length());
  }

  @Test
  void mountsNamedByAnyBytes_doNotKeepASessionFromBeingTakenOver() throws Exception {
    long size = SampleLayer.write(directory.resolve("meta.erofs"));
    assertThat(size).isPositive();
    // A mount namespace of its own: other programs on this machine need not see such a mount.
    var command =
        new ArrayList<>(List.of("unshare", "--mount", "/bin/sh", "-c", serveTwice(), "sh"));
    command.addAll(SmallJvm.command(HandOverServer.class, directory.toString(), "300"));

    assertThat(Shell.run(directory, command).lines().filter(line -> !line.startsWith("SLF4J")))
        .containsExactly("mounted", "resumed");
  }

  private static String serveTwice() {
    return """
    for name in 'Gesch\\344ft' 'half\\303' 'back\\134slash'; do
      place="./odd-$(printf "$name")"
      mkdir "$place" && mount -t tmpfs none "$place" || exit 9
    done
    echo leave 10 | "$@"
    "$@" < /dev/null
    """;
  }
}
