package dev.lazuli.snapshotter.e2e.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the host's own users can reach of an image: nothing, whatever its files' modes say. */
final class HostUsersIT {
  private static final String[] ANYBODY = {"--reuid=65534", "--regid=65534", "--clear-groups"};

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static String image;

  @BeforeAll
  static void push() throws IOException {
    var id = HostFiles.find("id").orElseThrow();
    var setpriv = HostFiles.find("setpriv").orElseThrow();
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(new HostFiles().program(Path.of("/bin/sh")).program(setpriv).tree())
            .layer(
                new HostFiles()
                    .program(id)
                    .tree()
                    .file("suid-id", FileContent.of(id))
                    .mode(04755)
                    .file("secret", "only for the image's root")
                    .mode(0600)
                    .characterDevice("null", 1, 3)
                    .mode(0666))
            .build("1");
    image = BED.registry().push(layout, "1", "host:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "fuse-tree"})
  void rootStateAndMounts_areClosedToOthers_andGiveNoRights(String way) throws IOException {
    var directory = BED.directory().resolve("d");
    openToAll(BED.directory(), directory);
    openToAll(directory.resolve("root"), directory.resolve("root/layers"));
    openToAll(directory.resolve("root/mounts"), directory.resolve("run"));
    var node = Node.start(BED, "mount.way=" + way, "fetch.background=false");
    assertThat(node.rpull(image).check().output()).contains("2 of 2 layers mounted");

    for (var closed : List.of(node.daemon().root(), node.daemon().state())) {
      assertThat(seenByAnybody(closed)).containsExactly(closed.toString());
      assertThat(openToOthers(closed)).isEmpty();
    }
    assertThat(mountOptionsBelow(directory))
        .isNotEmpty()
        .allSatisfy(options -> assertThat(options).contains("nosuid", "nodev"));

    assertThat(node.shell(image, "secret", "cat() { read line < $1; echo $line; }; cat /secret"))
        .isEqualTo("only for the image's root");
    assertThat(idInContainer()).isEqualTo("0");

    node.removeImage(image);
    node.awaitNothingLeft();
    node.daemon().close();
  }

  /** Makes directories with the modes that an earlier version gave its own. */
  private static void openToAll(Path... directories) throws IOException {
    for (var directory : directories) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private static List<String> seenByAnybody(Path directory) throws IOException {
    return asAnybody("find", directory.toString()).run().output().lines().toList();
  }

  private static Command asAnybody(String... command) {
    return Command.of("setpriv").with(ANYBODY).with(command);
  }

  /** Returns what we made ourselves, outside of mounts and snapshots, that others may open. */
  private static List<Path> openToOthers(Path directory) throws IOException {
    var output =
        Command.of("find", directory.toString(), "-xdev")
            .with("-path", directory.resolve("snapshots") + "/*/*", "-prune", "-o")
            .with("-path", directory.resolve("mounts") + "/*", "-prune", "-o")
            .with("!", "-type", "l", "-perm", "/077", "-print")
            .check()
            .output();
    try (Stream<String> lines = output.lines()) {
      return lines.map(Path::of).toList();
    }
  }

  private static List<List<String>> mountOptionsBelow(Path directory) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .map(line -> List.of(line.split(" ", -1)))
        .filter(fields -> Path.of(fields.get(4)).startsWith(directory))
        .map(fields -> List.of(fields.get(5).split(",", -1)))
        .toList();
  }

  /** In the container itself setuid programs work as its image wants. */
  private static String idInContainer() throws IOException {
    return BED.containerd()
        .ctr("run", "--rm", "--snapshotter", "lazuli", "--allow-new-privs", image, "suid")
        .with("setpriv")
        .with(ANYBODY)
        .with("/suid-id", "-u")
        .within(Node.LONG)
        .check()
        .output()
        .strip();
  }
}
