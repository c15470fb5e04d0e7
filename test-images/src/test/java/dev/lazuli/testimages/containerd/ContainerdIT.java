package dev.lazuli.testimages.containerd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.registry.TestRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ContainerdIT {
  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @TempDir static Path images;
  private static OciLayout layout;
  private static String shell;

  @BeforeAll
  static void build() throws Exception {
    layout = OciLayout.at(images);
    var sh = HostFiles.find("sh").orElseThrow();
    shell = sh.toString();
    var sleep = HostFiles.find("sleep").orElseThrow();
    for (var encoding : LayerEncoding.values()) {
      new ImageBuilder(layout)
          .encoding(encoding)
          .layer(new HostFiles().program(sh).program(sleep).tree())
          .layer(new ImageTree().directory("app").file("app/greeting", "hello from a layer\n"))
          .config(ContainerDefaults.DEFAULT.withCommand(shell))
          .build(encoding.name());
    }
  }

  @ParameterizedTest
  @EnumSource(LayerEncoding.class)
  void imageOfHostPrograms_runs(LayerEncoding encoding) throws Exception {
    var reference = BED.registry().push(layout, encoding.name(), "shell:" + encoding);
    var script = "while read line; do echo $line; done < /app/greeting";
    BED.containerd().ctr("image", "pull", "--plain-http", reference).check();

    var run =
        BED.containerd().ctr("run", "--rm", reference, "c" + encoding, shell, "-c", script).check();

    assertThat(run.output()).isEqualTo("hello from a layer\n");
  }

  @Test
  void embeddedRegistry_servesContainerdAndTakesItsPush() throws Exception {
    try (var registry = TestRegistry.start()) {
      registry.serve("shell", layout);
      var source = registry.host() + "/shell:GZIP";
      var copy = registry.host() + "/copy:1";
      BED.containerd().ctr("image", "pull", "--plain-http", source).check();
      BED.containerd().ctr("image", "tag", source, copy).check();
      BED.containerd().ctr("image", "push", "--plain-http", copy).check();

      Command.of("skopeo", "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false")
          .with("docker://" + copy, "oci:" + images.resolve("back") + ":1")
          .check();

      assertThat(OciLayout.at(images.resolve("back")).images().get("1"))
          .isEqualTo(layout.images().get("GZIP"));
    }
  }

  @Test
  void skopeo_pushesToTheEmbeddedRegistry() throws Exception {
    try (var registry = TestRegistry.start()) {
      Command.of("skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false")
          .with("oci:" + images + ":ZSTD", "docker://" + registry.host() + "/x/y:2")
          .check();
      var inspected =
          Command.of("skopeo", "--insecure-policy", "inspect", "--raw", "--tls-verify=false")
              .with("docker://" + registry.host() + "/x/y:2")
              .check();

      assertThat(inspected.output()).contains("tar+zstd");
    }
  }

  @Test
  void pauseImage_pauses() throws Exception {
    BED.pushPauseImage();
    var reference = BED.containerd().config().sandboxImage();
    BED.containerd().ctr("image", "pull", "--plain-http", reference).check();

    BED.containerd().ctr("run", "--detach", reference, "pause").check();

    assertThat(BED.containerd().ctr("task", "ls").check().output()).contains("RUNNING");
  }

  @Test
  void lazuli_isKnownAsASnapshotter() throws Exception {
    assertThat(BED.containerd().ctr("plugins", "ls").check().output())
        .containsPattern("io.containerd.snapshotter.v1 +lazuli");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void containerLeftRunning_isGoneAfterClose(boolean containerdDies) throws Exception {
    var reference = BED.registry().push(layout, "GZIP", "shell:left");
    var directory = BED.directory().resolve("other");
    var other = BED.closeAtEnd(PrivateContainerd.start(directory, ContainerdConfig.overlayfs()));
    other.ctr("image", "pull", "--plain-http", reference).check();
    other.ctr("run", "--detach", reference, "left-running", "sleep", "1000").check();
    other.restart();
    assertThat(other.ctr("task", "ls").check().output()).contains("left-running");
    assertThat(MountTable.below(directory)).isNotEmpty();
    var shim = Files.readString(bundle(directory).resolve("address")).replace("unix://", "");
    assertThat(Path.of(shim)).exists();
    if (containerdDies) {
      processes(directory)
          .filter(process -> process.info().command().orElse("").endsWith("/containerd"))
          .forEach(ProcessHandle::destroyForcibly);
    }

    other.close();
    other.close();

    assertThat(MountTable.below(directory)).isEmpty();
    assertThat(directory).doesNotExist();
    assertThat(Path.of("/sys/fs/cgroup/memory/default/left-running")).doesNotExist();
    assertThat(Path.of("/run/containerd/runc/default/left-running")).doesNotExist();
    assertThat(Path.of(shim)).doesNotExist();
    assertThat(processes(directory)).isEmpty();
  }

  private static Path bundle(Path directory) {
    return directory.resolve("state/io.containerd.runtime.v2.task/default/left-running");
  }

  private static Stream<ProcessHandle> processes(Path directory) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(directory.toString()));
  }

  @Test
  void directoriesOfTheBed_areShortEnoughForSockets() throws Exception {
    assertThat(BED.snapshotterSocket().toString().length()).isLessThan(60);
    assertThat(BED.containerd().socket().toString().length()).isLessThan(100);
    assertThat(Files.exists(BED.containerd().socket())).isTrue();
    assertThat(BED.containerd().ctr(Duration.ofSeconds(5), "version").exitStatus()).isZero();
  }
}
