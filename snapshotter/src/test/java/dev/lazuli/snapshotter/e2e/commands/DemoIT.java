package dev.lazuli.snapshotter.e2e.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  /** Another device in its place, for this command and its children only. */
  private static final String INSTEAD_OF_FUSE = "mount --bind \"$0\" /dev/fuse && exec \"$@\"";

  @TempDir Path directory;

  private Path temporary;
  private Path page;

  @BeforeEach
  void needsRoot() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount");
    temporary = Files.createDirectory(directory.resolve("tmp"));
    page = directory.resolve("page.html");
  }

  /**
   * Returns the demo of a small program, started by the program that {@code wrapper} is. The image
   * of Python takes a while to build, and one test with it is enough.
   */
  private Command demo(String... wrapper) {
    return python(wrapper).with("--program=/bin/date");
  }

  /** Returns the same without the launcher, so that it cannot be started again in a namespace. */
  private Command unlaunched(String... wrapper) {
    var demo = demo(wrapper);
    var words = new ArrayList<>(List.of(wrapper));
    words.addAll(List.of(System.getProperty("java.home") + "/bin/java", "-XX:+UseSerialGC"));
    words.addAll(List.of("-Xmx64m", "--sun-misc-unsafe-memory-access=allow", "-jar"));
    words.add(Path.of("target/lazuli.jar").toAbsolutePath().toString());
    words.addAll(demo.words().subList(demo.words().indexOf("demo"), demo.words().size()));
    return new Command(words, demo.environment(), demo.directory(), demo.timeout());
  }

  private Command python(String... wrapper) {
    var demo =
        DaemonProcess.lazuli("demo", "--round-trip=1", "--bandwidth=0", "--html", page.toString());
    return Command.of(wrapper)
        .with(demo.words().toArray(String[]::new))
        .withEnvironment("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary)
        .within(LONG);
  }

  private void assertReported(String output) throws IOException {
    assertThat(output)
        .containsPattern("lazily +optimised +full pull\n")
        .containsPattern("whole image here after +[0-9]+ ms +[0-9]+ ms +[0-9]+ ms\n")
        .contains("page      " + page)
        .doesNotContain("\u001b");
    assertThat(Files.readString(page)).contains("/demo:plain", "/demo:optimised");
    assertThat(MountTable.below(temporary)).isEmpty();
    try (var left = Files.list(temporary)) {
      assertThat(left.filter(path -> path.toString().contains("lazuli"))).isEmpty();
    }
  }

  @Test
  void root_mountsAndRuns() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse to mount layers");

    var output = python().check().output();

    assertReported(output);
    assertThat(output).contains("root: layers are mounted", "first output after");
    assertThat(Files.readString(page)).contains("prefetched");
  }

  @Test
  void withoutFuse_theFilesAreReadInProcess() throws IOException {
    var devices = Files.createDirectory(directory.resolve("dev"));

    var output =
        demo("unshare", "--mount", "sh", "-c", WITHOUT_FUSE, devices.toString()).check().output();

    assertReported(output);
    assertThat(output).contains("there is no /dev/fuse", "its files read after");
  }

  @Test
  void deviceThatIsNotFuse_isNoDevice() throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "needs a /dev/fuse to hide");

    var output =
        demo("unshare", "--mount", "sh", "-c", INSTEAD_OF_FUSE, "/dev/null").check().output();

    assertReported(output);
    assertThat(output)
        .containsPattern("way       FUSE cannot be mounted \\(mount.*EINVAL")
        .contains("nothing is mounted", "its files read after");
  }

  /** As in a container without privileges. */
  @Test
  void withoutTheRightToMount_theFilesAreReadInProcess() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse, lest it is missed first");

    var output = unlaunched("setpriv", "--bounding-set=-sys_admin").check().output();

    assertReported(output);
    assertThat(output).contains("mounting is not allowed here", "its files read after");
  }

  @Test
  void userNamespace_mountsFuseTrees() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse to mount layers");
    assumeTrue(
        Command.of("unshare", "--user", "--map-root-user", "--mount", "true").run().exitStatus()
            == 0,
        "needs user namespaces");

    var output = demo("setpriv", "--bounding-set=-sys_admin").check().output();

    assertReported(output);
    assertThat(output).contains("FUSE trees in a user namespace", "first output after");
  }

  @Test
  void containerd_startsTheProgram() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse to mount layers");
    assumeTrue(
        PrivateContainerd.obstacle().isEmpty(), () -> PrivateContainerd.obstacle().orElseThrow());

    var output = demo().with("--containerd").check().output();

    assertReported(output);
    assertThat(output).contains("a private containerd and runc", "first output after");
  }

  @Test
  void containerd_whereNothingCanBeMounted_isAnErrorThatSaysWhy() throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "needs a /dev/fuse to hide");
    assumeTrue(
        PrivateContainerd.obstacle().isEmpty(), () -> PrivateContainerd.obstacle().orElseThrow());

    var result =
        demo("unshare", "--mount", "sh", "-c", INSTEAD_OF_FUSE, "/dev/null")
            .with("--containerd")
            .run();

    assertThat(result.exitStatus()).isNotZero();
    assertThat(result.errors())
        .contains("containerd cannot start anything lazily here; FUSE cannot be mounted");
  }
}
