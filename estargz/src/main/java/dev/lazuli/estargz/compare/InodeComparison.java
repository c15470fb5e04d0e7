package dev.lazuli.estargz.compare;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.lazuli.estargz.ForeignText;
import dev.lazuli.estargz.toc.FileType;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Compares what is said of one file: by the tar, and by what is shown. */
final class InodeComparison {
  private static final int HALF_A_SECOND = 500_000_000;

  /** Overlayfs's own marks, by the two ways of mounting it. */
  private static final Set<String> OPAQUE = marks(OpaqueXattr::attribute);

  /** Only tells overlayfs where to look for whiteouts; earlier versions did not set it. */
  private static final Set<String> ORIGIN = marks(OpaqueXattr::originAttribute);

  private final LayerIndex tar;
  private final ShownTree shown;

  InodeComparison(LayerIndex tar, ShownTree shown) {
    this.tar = tar;
    this.shown = shown;
  }

  /**
   * Returns what differs at the root: unpacking takes no more than the opaque mark from a layer.
   */
  Optional<String> ofRoot(long file) throws IOException {
    return difference("attribute", xattrs(0).keySet(), shownXattrs(file).keySet());
  }

  /** Returns what differs, in words that follow the path. */
  Optional<String> of(int inode, long file) throws IOException {
    int mode = tar.mode(inode);
    var found = difference("mode", octal(mode), octal(shown.mode(file)));
    if (found.isEmpty()) {
      found = difference("owner", owner(tar.uid(inode), tar.gid(inode)), shownOwner(file));
    }
    if (found.isEmpty()) {
      found =
          switch (FileType.of(mode)) {
            case FileType.REGULAR -> difference("size", tar.size(inode), shown.size(file));
            case FileType.SYMLINK -> target(inode, file);
            case FileType.DIRECTORY -> implied(inode, file);
            default -> device(inode, file);
          };
    }
    if (found.isEmpty() && !isTime(inode, file)) {
      found = difference("time", time(inode), shownTime(file));
    }
    if (found.isEmpty()) {
      found = difference("number of links", tar.linkCount(inode), shown.linkCount(file));
    }
    return found.isPresent() ? found : xattrs(inode, file);
  }

  private static Optional<String> difference(String what, Object inTar, Object shown) {
    return inTar.equals(shown)
        ? Optional.empty()
        : Optional.of("is shown with %s %s, its tar has %s".formatted(what, shown, inTar));
  }

  private static String octal(int mode) {
    return "0" + Integer.toOctalString(mode);
  }

  private static String owner(int uid, int gid) {
    return Integer.toUnsignedString(uid) + ":" + Integer.toUnsignedString(gid);
  }

  private String shownOwner(long file) throws IOException {
    return owner(shown.uid(file), shown.gid(file));
  }

  private Optional<String> target(int inode, long file) throws IOException {
    var expected = tar.linkTarget(inode).toArray(JAVA_BYTE);
    var actual = shown.linkTarget(file).toArray(JAVA_BYTE);
    return Arrays.equals(expected, actual)
        ? Optional.empty()
        : Optional.of("is shown with a different link target");
  }

  /** A directory without an entry takes mode, owner and attributes from the layers below. */
  private Optional<String> implied(int inode, long file) throws IOException {
    return difference("an entry of its own", !tar.isImplied(inode), !shown.isImplied(file));
  }

  private Optional<String> device(int inode, long file) throws IOException {
    return difference(
        "device",
        tar.deviceMajor(inode) + ":" + tar.deviceMinor(inode),
        shown.deviceMajor(file) + ":" + shown.deviceMinor(file));
  }

  private boolean isTime(int inode, long file) throws IOException {
    long seconds = tar.mtimeSeconds(inode);
    int nanos = tar.mtimeNanos(inode);
    long shownSeconds = shown.mtimeSeconds(file);
    int shownNanos = shown.mtimeNanos(file);
    if (shownNanos != 0) {
      return shownNanos == nanos && shownSeconds == seconds;
    }
    return shownSeconds == seconds || (nanos >= HALF_A_SECOND && shownSeconds == seconds + 1);
  }

  private String time(int inode) {
    return "%d.%09d".formatted(tar.mtimeSeconds(inode), tar.mtimeNanos(inode));
  }

  private String shownTime(long file) throws IOException {
    return "%d.%09d".formatted(shown.mtimeSeconds(file), shown.mtimeNanos(file));
  }

  private Optional<String> xattrs(int inode, long file) throws IOException {
    var expected = xattrs(inode);
    var actual = shownXattrs(file);
    for (var attribute : expected.entrySet()) {
      var value = actual.remove(attribute.getKey());
      if (value == null || !Arrays.equals(value, attribute.getValue())) {
        return Optional.of("is not shown with attribute " + named(attribute.getKey()));
      }
    }
    return actual.keySet().stream()
        .findFirst()
        .map(name -> "is shown with attribute " + named(name) + ", which its tar does not have");
  }

  private static Set<String> marks(Function<OpaqueXattr, byte[]> attribute) {
    return Stream.of(OpaqueXattr.values())
        .map(way -> new String(attribute.apply(way), ISO_8859_1))
        .collect(toUnmodifiableSet());
  }

  private static String named(String attribute) {
    return ForeignText.shown(attribute);
  }

  private Map<String, byte[]> xattrs(int inode) {
    var all = new HashMap<String, byte[]>();
    tar.forEachXattr(
        inode,
        (name, value) ->
            put(new String(name.toArray(JAVA_BYTE), ISO_8859_1), value.toArray(JAVA_BYTE), all));
    return all;
  }

  private Map<String, byte[]> shownXattrs(long file) throws IOException {
    var all = new HashMap<String, byte[]>();
    shown.xattrs(file).forEach((name, value) -> put(name, value, all));
    return all;
  }

  private static void put(String name, byte[] value, Map<String, byte[]> into) {
    if (OPAQUE.contains(name)) {
      into.put("opaque", value);
    } else if (!ORIGIN.contains(name)) {
      into.put(name, value);
    }
  }
}
