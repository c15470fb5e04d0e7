package dev.lazuli.snapshotter.e2e.commands;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.DebianPackages;
import dev.lazuli.testimages.images.TreeComparer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two images of Debian packages: what the real {@code ctr-remote} makes of them we read as the same
 * trees, and what we make of them the real {@code ctr-remote} and containerd read as the same
 * trees.
 */
final class ConvertIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static final Map<String, TreeComparer> TREES = new HashMap<>();

  @BeforeAll
  static void pushPlainImages() throws IOException {
    var obstacle = DebianPackages.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no Debian packages: " + obstacle.orElse(""));
    var packages = new DebianPackages(BED.directory().resolve("debs"));
    push("tools", packages.layers(List.of("dash"), List.of("coreutils")));
    push(
        "terminal",
        packages.layers(List.of("busybox-static"), List.of("ncurses-base", "media-types")));
  }

  private static void push(String name, List<ImageTree> layers) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("plain-" + name));
    var image = new ImageBuilder(layout);
    for (var layer : layers) {
      image.layer(layer);
    }
    var _ = image.build("1");
    var plain = BED.registry().push(layout, "1", name + ":plain");
    ctr("image", "pull", "--plain-http", plain);
    TREES.put(name, mounted(plain, TreeComparer::of));
  }

  @AfterAll
  static void forgetImages() throws IOException {
    for (var image : ctr("image", "ls", "--quiet").lines().toList()) {
      ctr("image", "rm", "--sync", image);
    }
  }

  private static String reference(String name, String tag) {
    return BED.registry().host() + "/" + name + ":" + tag;
  }

  private static String ctr(String... arguments) throws IOException {
    return BED.containerd().ctr(arguments).within(LONG).check().output();
  }

  private static String lazuli(String... arguments) throws IOException {
    return DaemonProcess.lazuli(arguments).within(LONG).check().output();
  }

  /** What is done with a directory. */
  private interface Look<T> {
    T at(Path directory) throws IOException;
  }

  /** Looks at an image's root file system as containerd unpacks it for overlayfs. */
  private static <T> T mounted(String reference, Look<T> look) throws IOException {
    var directory = Files.createTempDirectory(BED.directory(), "tree");
    ctr("image", "mount", reference, directory.toString());
    try {
      return look.at(directory);
    } finally {
      ctr("image", "unmount", "--rm", directory.toString());
    }
  }

  @ParameterizedTest(name = "{0} by ctr-remote {1}")
  @CsvSource({
    "tools, convert --oci --estargz --estargz-compression-level=1",
    "tools, convert --oci --zstdchunked",
    "terminal, convert --oci --estargz --estargz-chunk-size=65536 --estargz-compression-level=1",
    "terminal, optimize --oci --no-optimize --estargz-compression-level=1",
  })
  void whatCtrRemoteMakes_verifies_andIsTheSameTree(String name, String conversion)
      throws IOException {
    var converted = reference(name, "peer");
    BED.containerd()
        .ctrRemote("image")
        .with(conversion.split(" ", -1))
        .with(reference(name, "plain"), converted)
        .within(LONG)
        .check();
    ctr("image", "push", "--plain-http", converted);
    ctr("image", "rm", "--sync", converted);

    assertThat(lazuli("verify", "--require-annotation", "--plain-http", converted).lines())
        .hasSize(2)
        .allMatch(line -> line.contains(": right: "));
    assertThat(differencesWhenMounted(name, converted)).isEmpty();
  }

  /** Copies an image to a layout of its own, under the tag 1. */
  private static Path copiedLayout(String reference) throws IOException {
    var layout = Files.createTempDirectory(BED.directory(), "layout");
    Command.of("skopeo", "--insecure-policy", "copy", "--quiet", "--preserve-digests")
        .with("--src-tls-verify=false", "docker://" + reference, "oci:" + layout + ":1")
        .within(LONG)
        .check();
    return layout;
  }

  /** Mounts the image's layers by {@code lazuli mount} and compares all that can be seen. */
  private static List<String> differencesWhenMounted(String name, String reference)
      throws IOException {
    var layout = copiedLayout(reference);
    try (var mount = LocalMount.of(layout + ":1", BED.directory())) {
      return withoutTheRootsTime(requireNonNull(TREES.get(name)).differences(mount.directory()));
    }
  }

  /** No layer says anything of the root directory, whose time is then that of the unpacking. */
  private static List<String> withoutTheRootsTime(List<String> differences) {
    return differences.stream().filter(line -> !line.startsWith(".: mtime")).toList();
  }

  @ParameterizedTest(name = "{0} by lazuli convert {1}")
  @CsvSource({
    "tools, --level=1",
    "tools, --format=zstd:chunked --level=1 --chunk-size=65536",
    "terminal, --level=1 --min-chunk-size=65536",
    "terminal, --level=1 --external-toc --keep-diff-id",
  })
  void whatLazuliMakes_isReadByContainerdAndCtrRemote(String name, String options)
      throws IOException {
    var converted = reference(name, "lazuli");

    var output =
        DaemonProcess.lazuli("convert", "--plain-http")
            .with(options.split(" ", -1))
            .with(reference(name, "plain"), converted)
            .within(LONG)
            .check()
            .output();

    assertThat(output).contains("2 of 2 layers converted");
    assertThat(lazuli("verify", "--require-annotation", "--plain-http", converted).lines())
        .hasSize(2)
        .allMatch(line -> line.contains(": right: "));
    ctr("image", "pull", "--plain-http", converted);
    if (!options.contains("--external-toc")) {
      assertThatCtrRemoteFindsTheTocs(converted, options.contains("zstd"));
    }
    assertThat(differencesWhenUnpacked(name, converted))
        .filteredOn(
            line ->
                !line.contains("stargz.index.json")
                    && !line.contains(".no.prefetch.landmark")
                    && !line.startsWith(".: "))
        .isEmpty();
    ctr("image", "rm", "--sync", converted);
  }

  private static List<String> differencesWhenUnpacked(String name, String reference)
      throws IOException {
    return mounted(reference, requireNonNull(TREES.get(name))::differences);
  }

  private static void assertThatCtrRemoteFindsTheTocs(String reference, boolean zstd)
      throws IOException {
    var copy = OciLayout.at(copiedLayout(reference));
    var layers = copy.layers(requireNonNull(copy.images().get("1")));
    assertThat(layers).hasSize(2);
    for (var layer : layers) {
      var command = BED.containerd().ctrRemote("image", "get-toc-digest");
      var found = (zstd ? command.with("--zstdchunked") : command).with(layer.digest()).check();
      assertThat(found.output().strip()).isEqualTo(layer.annotations().get(TOC_DIGEST));
    }
  }
}
