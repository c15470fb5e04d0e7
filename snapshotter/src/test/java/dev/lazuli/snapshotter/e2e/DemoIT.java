package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.testimages.containerd.Command;
import dev.lazuli.testimages.containerd.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lazuli demo} in the ways that root can try; each leaves its page and nothing else. */
final class DemoIT {
  private static final Duration LONG = Duration.ofMinutes(4);

  /** A device directory without fuse, for this command and its children only. */
  private static final String WITHOUT_FUSE =
      """
      mount -t tmpfs none "$0" && cd "$0" &&
      for device in null zero random urandom; do touch $device; mount --bind /dev/$device $device; done &&
      ln -s /proc/self/fd fd && mount --rbind "$0" /dev && cd / && exec "$@"
      """;

  @TempDir Path directory;

  private Path temporary;
  private Path page;

  @BeforeEach
  void needsRoot() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount");
    temporary = Files.createDirectory(directory.resolve("tmp"));
    page = directory.resolve("page.html");
  }

  private Command demo() {
    return DaemonProcess.lazuli(
            "demo", "--round-trip=1", "--bandwidth=0", "--html", page.toString())
        .withEnvironment("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary)
        .within(LONG);
  }

  private void assertReported(String output) throws IOException {
    assertThat(output)
        .containsPattern("lazily +optimised +full pull\n")
        .containsPattern("whole image here after +[0-9]+ ms +[0-9]+ ms +[0-9]+ ms\n")
        .contains("page      " + page)
        .doesNotContain("\u001b");
    assertThat(Files.readString(page)).contains("/demo:plain", "/demo:optimised", "prefetched");
    assertThat(MountTable.below(temporary)).isEmpty();
    try (var left = Files.list(temporary)) {
      assertThat(left.filter(path -> path.toString().contains("lazuli"))).isEmpty();
    }
  }

  @Test
  void root_mountsAndRuns() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse to mount layers");

    var output = demo().check().output();

    assertReported(output);
    assertThat(output).contains("root: layers are mounted", "first output after");
  }

  @Test
  void withoutFuse_theFilesAreReadInProcess() throws IOException {
    var devices = Files.createDirectory(directory.resolve("dev"));

    var output =
        Command.of("unshare", "--mount", "sh", "-c", WITHOUT_FUSE, devices.toString())
            .with(demo().words().toArray(String[]::new))
            .withEnvironment("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary)
            .within(LONG)
            .check()
            .output();

    assertReported(output);
    assertThat(output).contains("there is no /dev/fuse", "its files read after");
  }
}
