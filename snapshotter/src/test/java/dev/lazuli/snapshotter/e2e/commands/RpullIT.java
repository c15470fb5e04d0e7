package dev.lazuli.snapshotter.e2e.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Our own client pulls what can be mounted and what cannot, into real containerd; the daemon pulls
 * no layers whole.
 */
final class RpullIT {
  private static final Duration LONG = Duration.ofMinutes(2);

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    var daemon =
        BED.closeAtEnd(
            DaemonProcess.start(
                BED.directory().resolve("d"), BED.snapshotterSocket(), "bulk.enabled=false"));
    daemon.awaitKnownTo(BED.containerd());
  }

  @AfterAll
  static void forgetImages() throws IOException {
    BED.containerd().ctr("image", "rm", "--sync", reference("lazy"), reference("mixed")).run();
  }

  @Test
  void lazyImage_isMountedAndRuns() throws IOException {
    serve("lazy", LayerEncoding.ESTARGZ, LayerEncoding.ZSTD_CHUNKED);

    assertThat(rpull("lazy").output()).contains("2 of 2 layers mounted");

    assertThat(shell("lazy", "read line < /greeting; echo $line")).isEqualTo("hello from above");
  }

  @Test
  void ordinaryLayer_isDownloadedWithThoseAboveIt() throws IOException {
    serve("mixed", LayerEncoding.ESTARGZ, LayerEncoding.GZIP);

    assertThat(rpull("mixed").output()).contains("1 of 2 layers mounted", "unpacked");

    assertThat(shell("mixed", "read line < /greeting; echo $line")).isEqualTo("hello from above");
  }

  @Test
  void unknownImage_isOneLineThatNamesIt() throws IOException {
    var result = rpullCommand("absent").run();

    assertThat(result.exitStatus()).isEqualTo(1);
    assertThat(result.errors().strip()).hasLineCount(1).contains("/absent");
  }

  @Test
  void allPlatforms_areImagesOfOneName() throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("platforms"));
    var here = imageOfOneFile(layout, "here");
    var elsewhere = imageOfOneFile(layout, "elsewhere");
    var type = "application/vnd.oci.image.index.v1+json";
    var text =
        """
        {"schemaVersion":2,"mediaType":"%s","manifests":[
        {"mediaType":"%s","digest":"%s","size":%d,"platform":{"os":"plan9","architecture":"mips"}},
        {"mediaType":"%s","digest":"%s","size":%d,"platform":{"os":"linux","architecture":"%s"}}]}
        """
            .formatted(
                type,
                elsewhere.mediaType(),
                elsewhere.digest(),
                elsewhere.size(),
                here.mediaType(),
                here.digest(),
                here.size(),
                Platform.current().architecture());
    var index = layout.addBlob(type, text.getBytes(StandardCharsets.UTF_8));
    Files.writeString(
        layout.directory().resolve("index.json"),
        """
        {"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%d,
        "annotations":{"org.opencontainers.image.ref.name":"latest"}}]}
        """
            .formatted(type, index.digest(), index.size()));
    registry.serve("platforms", layout);

    var one = rpullCommand("platforms").check();
    var all = rpullCommand("platforms").with("--all-platforms").check();

    assertThat(one.output()).contains("1 of 1 layers mounted");
    assertThat(all.output()).contains("already here", "1 of 2 layers mounted");
    BED.containerd().ctr("image", "rm", "--sync", reference("platforms")).check();
  }

  private static BlobDescriptor imageOfOneFile(OciLayout layout, String name) throws IOException {
    return new ImageBuilder(layout)
        .encoding(LayerEncoding.ESTARGZ)
        .layer(new ImageTree().file(name, name))
        .build(name);
  }

  @Test
  void registryThatWantsAPassword_getsIt() throws IOException {
    var access = new RegistryDemands.Access.Basic("somebody", "secret");
    try (var locked = TestRegistry.start(RegistryDemands.OPEN.withAccess(access))) {
      var layout = OciLayout.at(BED.directory().resolve("locked"));
      var _ =
          new ImageBuilder(layout)
              .layer(new ImageTree().file("secret", "secret\n"))
              .build("latest");
      locked.serve("locked", layout);
      var reference = locked.reference("locked", "latest");

      var refused = rpullOf(reference).run();
      var wrong = rpullOf(reference).with("--user", "somebody:else").run();
      var right = rpullOf(reference).with("--user", "somebody:secret").run();

      for (var result : List.of(refused, wrong)) {
        assertThat(result.exitStatus()).isEqualTo(1);
        assertThat(result.errors().strip()).hasLineCount(1).contains(locked.host(), "401");
      }
      assertThat(right.exitStatus()).as(right.errors()).isZero();
      assertThat(right.output()).contains("0 of 1 layers mounted");
      BED.containerd().ctr("image", "rm", "--sync", reference).check();
    }
  }

  @Test
  void registryThatIsNotThere_isOneLineThatNamesIt() throws IOException {
    var result = rpullOf("127.0.0.1:1/app:1").run();

    assertThat(result.exitStatus()).isEqualTo(1);
    assertThat(result.errors().strip()).hasLineCount(1).contains("127.0.0.1:1");
  }

  private static CommandResult rpull(String name) throws IOException {
    return rpullCommand(name).check();
  }

  private static Command rpullCommand(String name) {
    return rpullOf(reference(name));
  }

  private static Command rpullOf(String reference) {
    return DaemonProcess.lazuli("rpull", "--plain-http", "--snapshotter", "lazuli")
        .with("--containerd", BED.containerd().socket().toString(), reference)
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
