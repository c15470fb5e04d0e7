package dev.lazuli.bridge.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RawPathsTest {
  private static final String NO_UTF_8 = "caf\u00e9\u00ff";

  @TempDir private Path directory;

  @Test
  void directory_hasTheAttributesThatItIsGiven() throws IOException {
    var path = RawPaths.of(directory) + "/" + NO_UTF_8;
    RawPaths.makeDirectory(path);
    var own = RawPaths.status(path).orElseThrow();

    RawPaths.setOwner(path, own.uid(), own.gid());
    RawPaths.setXattr(path, "user.k", new byte[] {0, -1});
    RawPaths.setXattr(path, "user.empty", new byte[0]);
    RawPaths.setPermissions(path, 01750);
    RawPaths.setModified(path, 1_000_000_000, 123_456_789);

    assertThat(own.mode()).isEqualTo(040700);
    assertThat(RawPaths.status(path))
        .hasValue(new RawPaths.Status(041750, own.uid(), own.gid(), 1_000_000_000, 123_456_789));
    var xattrs = RawPaths.xattrs(path);
    assertThat(xattrs.get("user.k")).containsExactly(0, -1);
    assertThat(xattrs.get("user.empty")).isEmpty();
  }

  @Test
  void names_areBytes() throws IOException {
    var top = RawPaths.of(directory);
    RawPaths.makeDirectory(top + "/" + NO_UTF_8);
    Files.createFile(directory.resolve("\u00e9"));
    for (int i = 0; i < 2000; i++) {
      Files.createFile(directory.resolve("a name of some length, number " + i));
    }

    assertThat(DirectoryEntries.names(top)).hasSize(2002).contains(NO_UTF_8, "\u00c3\u00a9");
  }

  @Test
  void links_areNotFollowed() throws IOException {
    Files.createSymbolicLink(directory.resolve("link"), directory);

    var status = RawPaths.status(RawPaths.of(directory.resolve("link"))).orElseThrow();

    assertThat(status.mode() & 0170000).isEqualTo(0120000);
  }

  @Test
  void whatIsNotThere_hasNoStatus() throws IOException {
    Files.createFile(directory.resolve("file"));

    assertThat(RawPaths.status(RawPaths.of(directory) + "/absent")).isEmpty();
    assertThat(RawPaths.status(RawPaths.of(directory) + "/file/below")).isEmpty();
    assertThatThrownBy(() -> RawPaths.makeDirectory(RawPaths.of(directory) + "/absent/below"))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("ENOENT");
  }
}
