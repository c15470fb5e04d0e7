package dev.lazuli.testimages.roots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.TreeEntry;
import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root, tar and getfattr. */
final class UpperDirectoryIT {
  /** Version 2 of a file capability, with a byte that is not ASCII. */
  private static final byte[] CAPABILITY = {
    1, 0, 0, 2, 0, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  @TempDir Path directory;

  @Test
  void everyKindOfEntry_isReadBackAsItWasDeclared() throws IOException {
    var declared =
        new ImageTree()
            .directory("a")
            .mode(01777)
            .file("a/empty", "")
            .file("a/file", "text")
            .mode(04755)
            .owner(1000, 70_000)
            .xattr("security.capability", CAPABILITY)
            .hardLink("a/file too", "a/file")
            .symlink("a/link", "../nowhere")
            .characterDevice("b", 4, 300)
            .blockDevice("c", 259, 1)
            .directory("d")
            .opaque("d")
            .fifo("e")
            .whiteout("f");
    declared.materialize(directory);

    assertThat(described(UpperDirectory.read(directory))).isEqualTo(described(declared));
  }

  @Test
  void attributesOfOverlayfs_areLeftOut() throws IOException {
    new ImageTree()
        .directory("a")
        .xattr("trusted.overlay.impure", new byte[] {'y'})
        .xattr("trusted.other", new byte[] {1})
        .materialize(directory);

    var entries = UpperDirectory.read(directory).iterator();

    assertThat(entries.next().xattrs()).containsOnlyKeys("trusted.other");
    assertThat(entries).isExhausted();
  }

  private static List<String> described(ImageTree tree) throws IOException {
    var lines = new ArrayList<String>();
    for (var entry : tree) {
      lines.add(described(entry));
    }
    return lines;
  }

  /** Markers have no attributes of their own, and a link's permissions mean nothing. */
  private static String described(TreeEntry entry) throws IOException {
    if (entry.node() instanceof Node.Whiteout || entry.node() instanceof Node.Opaque) {
      return entry.path() + " " + entry.node();
    }
    var xattrs = new TreeMap<String, String>();
    entry.xattrs().forEach((name, value) -> xattrs.put(name, HexFormat.of().formatHex(value)));
    return "%s %s %o %d:%d %s %s"
        .formatted(
            entry.path(),
            node(entry.node()),
            entry.permissions(),
            entry.uid(),
            entry.gid(),
            entry.modified(),
            xattrs);
  }

  private static String node(Node node) throws IOException {
    if (node instanceof Node.RegularFile(var content)) {
      try (var in = content.open()) {
        return "file " + new String(in.readAllBytes(), UTF_8);
      }
    }
    return node.toString();
  }
}
