package dev.lazuli.testimages.roots;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.TreeEntry;
import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads a directory as a layer: the reverse of {@link ImageTree#materialize}. A character device
 * 0/0 is a whiteout, {@code trusted.overlay.opaque} makes a directory opaque, and other attributes
 * of overlayfs are left out. Needs root and getfattr, and a locale that can name the files.
 */
public final class UpperDirectory {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final String OVERLAY = "trusted.overlay.";
  private static final String OPAQUE = OVERLAY + "opaque";
  private static final int TYPE = 0xf000; // the type bits of a mode, as in <sys/stat.h>
  private static final int FIFO = 0x1000;
  private static final int CHARACTER_DEVICE = 0x2000;
  private static final int BLOCK_DEVICE = 0x6000;
  private static final int SOCKET = 0xc000;

  /** What {@code java.nio} says of a file by names, as {@code unix:*} has them. */
  private record Facts(Map<String, Object> values) {
    int number(String name) {
      return (Integer) value(name);
    }

    long device() {
      return (Long) value("rdev");
    }

    Object file() {
      return value("ino");
    }

    Instant modified() {
      return ((FileTime) value("lastModifiedTime")).toInstant();
    }

    private Object value(String name) {
      return requireNonNull(values.get(name));
    }
  }

  private final Path root;
  private final Map<String, Map<String, byte[]>> xattrs = new HashMap<>();
  private final Map<Object, String> linked = new HashMap<>();
  private final ImageTree tree = new ImageTree();

  private UpperDirectory(Path root) {
    this.root = root;
  }

  /**
   * Returns what is below {@code root}, directories before what is in them, names in order. Content
   * is read only when the tree is written, so the directory has to stay until then. Sockets are
   * left out, as layers cannot have them.
   *
   * @throws IOException if some of it cannot be read
   */
  public static ImageTree read(Path root) throws IOException {
    var upper = new UpperDirectory(root);
    upper.readXattrs();
    upper.addChildren(root);
    return upper.tree;
  }

  private void addChildren(Path directory) throws IOException {
    List<Path> children;
    try (var listed = Files.list(directory)) {
      children = listed.sorted().toList();
    }
    for (var child : children) {
      add(child);
    }
  }

  private void add(Path path) throws IOException {
    var facts = new Facts(Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS));
    int mode = facts.number("mode");
    if ((mode & TYPE) == SOCKET) {
      return;
    }
    var name = root.relativize(path).toString();
    var attributes = xattrs.getOrDefault(name, Map.of());
    var entry =
        new TreeEntry(
            name,
            node(path, name, mode, facts),
            mode & 07777,
            facts.number("uid"),
            facts.number("gid"),
            facts.modified(),
            withoutOverlays(attributes));
    tree.add(entry);
    if (entry.node() instanceof Node.Directory) {
      if (Arrays.equals(attributes.get(OPAQUE), "y".getBytes(US_ASCII))) {
        tree.opaque(name);
      }
      addChildren(path);
    }
  }

  private Node node(Path path, String name, int mode, Facts facts) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      return new Node.Directory();
    }
    if (Files.isSymbolicLink(path)) {
      return new Node.Symlink(Files.readSymbolicLink(path).toString());
    }
    int type = mode & TYPE;
    if (type == FIFO) {
      return new Node.Fifo();
    }
    if (type == CHARACTER_DEVICE || type == BLOCK_DEVICE) {
      long device = facts.device();
      return device == 0 && type == CHARACTER_DEVICE
          ? new Node.Whiteout()
          : new Node.Device(type == BLOCK_DEVICE, major(device), minor(device));
    }
    var first = facts.number("nlink") > 1 ? linked.putIfAbsent(facts.file(), name) : null;
    return first == null ? new Node.RegularFile(FileContent.of(path)) : new Node.HardLink(first);
  }

  /** Device numbers as glibc packs them: major 8-19 with 44-63, minor 0-7 with 20-43. */
  private static int major(long device) {
    return (int) ((device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL));
  }

  private static int minor(long device) {
    return (int) ((device & 0xff) | (device >>> 12 & ~0xffL));
  }

  private static Map<String, byte[]> withoutOverlays(Map<String, byte[]> all) {
    Map<String, byte[]> kept = new TreeMap<>(all);
    kept.keySet().removeIf(name -> name.startsWith(OVERLAY));
    return kept;
  }

  /** The output is a paragraph for each file, "# file: name" and "attribute=0x..." lines. */
  private void readXattrs() throws IOException {
    var output =
        Command.of("getfattr", "-Rhd", "-m-", "--absolute-names", "-e", "hex", ".")
            .in(root)
            .within(LIMIT)
            .check()
            .output();
    Map<String, byte[]> current = new HashMap<>();
    for (var line : output.split("\n", -1)) {
      if (line.startsWith("# file: ")) {
        var name = unescape(line.substring("# file: ".length()));
        current = new HashMap<>();
        xattrs.put(name.startsWith("./") ? name.substring(2) : name, current);
      } else if (!line.isEmpty()) {
        int end = line.indexOf('=');
        var value = end < 0 ? "" : line.substring(end + 1 + "0x".length());
        current.put(end < 0 ? line : line.substring(0, end), HexFormat.of().parseHex(value));
      }
    }
  }

  /** Getfattr writes bytes outside of printable ASCII, and the backslash, as {@code \ooo}. */
  private static String unescape(String text) {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        bytes.write(Integer.parseInt(text.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        bytes.write(text.charAt(i));
      }
    }
    return bytes.toString(UTF_8);
  }
}
