package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.testimages.containerd.Command;
import dev.lazuli.testimages.containerd.CommandResult;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.HostFiles;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.ImageTree;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.OciLayout;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Our own client pulls what can be mounted and what cannot, into real containerd. */
final class RpullIT {
  private static final Duration LONG = Duration.ofMinutes(2);

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    var daemon =
        BED.closeAtEnd(DaemonProcess.start(BED.directory().resolve("d"), BED.snapshotterSocket()));
    daemon.awaitKnownTo(BED.containerd());
  }

  @AfterAll
  static void forgetImages() throws IOException {
    BED.containerd().ctr("image", "rm", "--sync", reference("lazy"), reference("mixed")).run();
  }

  @Test
  void lazyImage_isMountedAndRuns() throws IOException {
    serve("lazy", LayerEncoding.ESTARGZ, LayerEncoding.ZSTD_CHUNKED);

    assertThat(rpull("lazy").output()).contains("2 of 2 layers mounted lazily");

    assertThat(shell("lazy", "read line < /greeting; echo $line")).isEqualTo("hello from above");
  }

  @Test
  void ordinaryLayer_isDownloadedWithThoseAboveIt() throws IOException {
    serve("mixed", LayerEncoding.ESTARGZ, LayerEncoding.GZIP);

    assertThat(rpull("mixed").output()).contains("1 of 2 layers mounted lazily", "unpacked");

    assertThat(shell("mixed", "read line < /greeting; echo $line")).isEqualTo("hello from above");
  }

  @Test
  void unknownImage_isOneLineThatNamesIt() throws IOException {
    var result = rpullCommand("absent").run();

    assertThat(result.exitStatus()).isEqualTo(1);
    assertThat(result.errors().strip()).hasLineCount(1).contains("/absent");
  }

  private static CommandResult rpull(String name) throws IOException {
    return rpullCommand(name).check();
  }

  private static Command rpullCommand(String name) {
    return DaemonProcess.lazuli("rpull", "--plain-http", "--snapshotter", "lazuli")
        .with("--containerd", BED.containerd().socket().toString(), reference(name))
        .within(LONG);
  }

  private static void serve(String name, LayerEncoding lower, LayerEncoding upper)
      throws IOException {
    var layout = OciLayout.at(BED.directory().resolve(name));
    var _ =
        new ImageBuilder(layout)
            .encoding(lower)
            .layer(new HostFiles().program(Path.of("/bin/sh")).tree().file("name", name))
            .encoding(upper)
            .layer(new ImageTree().file("greeting", "hello from above\n"))
            .build("latest");
    registry.serve(name, layout);
  }

  private static String reference(String name) {
    return registry.host() + "/" + name + ":latest";
  }

  private static String shell(String name, String program) throws IOException {
    return BED.containerd()
        .ctr("run", "--rm", "--snapshotter", "lazuli", reference(name), name)
        .with("/bin/sh", "-c", program)
        .within(LONG)
        .check()
        .output()
        .strip();
  }
}
