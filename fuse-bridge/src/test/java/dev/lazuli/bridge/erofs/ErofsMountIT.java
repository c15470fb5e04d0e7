package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.erofs.ErofsMount.Backing;
import dev.lazuli.bridge.erofs.ErofsMount.Unmounted;
import dev.lazuli.bridge.kernel.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ErofsMountIT {
  @TempDir Path dir;
  private Path image;
  private Path data;
  private Path target;

  @BeforeEach
  void writeImage() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    image = dir.resolve("meta.erofs");
    data = dir.resolve("data");
    target = Files.createDirectory(dir.resolve("mnt"));
    var tree = new HeapTree();
    tree.file(tree.root(), "a", 3);
    tree.file(tree.root(), "b", 5000);
    Files.write(data, new byte[(int) tree.dataSize()]);
    try (var out = Files.newByteChannel(data, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(new byte[] {'a', 'b', 'c'}));
    }
    ErofsWriter.write(tree, tree.dataSize(), image);
  }

  @AfterEach
  void unmount() throws IOException {
    ErofsMount.unmount(target);
    assertThat(loopsOver(dir)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void mountedImage_showsItsFilesUntilUnmounted(Backing backing) throws IOException {
    assumeAvailable(backing);

    ErofsMount.mount(backing, image, data, target);

    assertThat(Files.readString(target.resolve("a"))).isEqualTo("abc");
    assertThat(Files.readAllBytes(target.resolve("b"))).isEqualTo(new byte[5000]);
    assertThatThrownBy(() -> Files.delete(target.resolve("a"))).hasMessageContaining("Read-only");
    assertThat(ErofsMount.unmount(target)).isEqualTo(Unmounted.RELEASED);
    assertThat(target).isEmptyDirectory();
    assertThat(ErofsMount.unmount(target)).isEqualTo(Unmounted.NOT_MOUNTED);
  }

  @ParameterizedTest
  @EnumSource
  void mountInUse_isDetached(Backing backing) throws IOException {
    assumeAvailable(backing);
    ErofsMount.mount(backing, image, data, target);

    try (var open = Files.newInputStream(target.resolve("a"))) {
      assertThat(ErofsMount.unmount(target)).isEqualTo(Unmounted.DETACHED);
      assertThat(target).isEmptyDirectory();
      assertThat(open.readAllBytes()).containsExactly('a', 'b', 'c');
    }
  }

  @Test
  void interruptedThread_leavesUsersTheirTimeToGo() throws IOException {
    assumeAvailable(Backing.FILE);
    ErofsMount.mount(Backing.FILE, image, data, target);

    try (var _ = Files.newInputStream(target.resolve("a"))) {
      long begun = System.nanoTime();
      Thread.currentThread().interrupt();
      var outcome = ErofsMount.unmount(target);
      boolean interrupted = Thread.interrupted();

      assertThat(outcome).isEqualTo(Unmounted.DETACHED);
      assertThat(interrupted).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(99));
    }
  }

  @Test
  void mountsOnEachOther_areAllUnmounted() throws IOException {
    assumeAvailable(Backing.FILE);
    ErofsMount.mount(Backing.FILE, image, data, target);
    ErofsMount.mount(Backing.FILE, image, data, target);

    assertThat(ErofsMount.unmount(target)).isEqualTo(Unmounted.RELEASED);
    assertThat(target).isEmptyDirectory();
  }

  @ParameterizedTest
  @EnumSource
  void refusedMount_leavesNothingBehind(Backing backing) throws IOException {
    assumeAvailable(backing);
    Files.write(image, new byte[8192]);

    assertThatThrownBy(() -> ErofsMount.mount(backing, image, data, target))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("EINVAL");
    assertThat(ErofsMount.unmount(target)).isEqualTo(Unmounted.NOT_MOUNTED);
  }

  @Test
  void imageWithoutItsData_givesErrorsAndNotWrongBytes() throws Exception {
    assumeAvailable(Backing.FILE);
    var mount = new ProcessBuilder("mount", "-t", "erofs", image.toString(), target.toString());
    assertThat(mount.inheritIO().start().waitFor()).isZero();

    assertThat(target.resolve("a")).exists();
    assertThatThrownBy(() -> Files.readAllBytes(target.resolve("a")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void probe_leavesNothingBehind() throws IOException {
    var before = list();

    var support = ErofsSupport.probe(dir);

    assertThat(support.file().reason()).startsWith("kernel ");
    assertThat(support.loop().reason()).startsWith("kernel ");
    assertThat(list()).isEqualTo(before);
  }

  @Test
  void probeWhereNothingCanBeMounted_saysWhy() throws IOException {
    Path tmpfs = Path.of("/dev/shm");
    assumeTrue(Files.isWritable(tmpfs), "no tmpfs to probe on");

    var support = ErofsSupport.probe(tmpfs);

    assumeTrue(!support.file().available(), "this kernel mounts from tmpfs");
    assertThat(support.file().reason()).contains("ENOTBLK");
  }

  private Set<Path> list() throws IOException {
    try (var paths = Files.walk(dir)) {
      return paths.collect(Collectors.toSet());
    }
  }

  private void assumeAvailable(Backing backing) throws IOException {
    var support = ErofsSupport.probe(dir);
    var capability = backing == Backing.FILE ? support.file() : support.loop();
    assumeTrue(capability.available(), capability.reason());
  }

  private static List<String> loopsOver(Path dir) throws IOException {
    try (var devices = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      var backed = new ArrayList<String>();
      for (var device : devices) {
        Path file = device.resolve("loop/backing_file");
        if (Files.exists(file) && Files.readString(file).startsWith(dir.toString())) {
          backed.add(device + " " + Files.readString(file).strip());
        }
      }
      return backed;
    }
  }
}
