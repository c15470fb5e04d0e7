package dev.lazuli.bridge.kernel;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The mounts that this process sees, as {@code /proc/self/mountinfo} (proc(5)) said at one moment.
 * The table is asked because a mount may not answer itself. Mounts of others stay names: no path is
 * made of them, for a name need not be one that Java can express.
 */
public final class MountPoints {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  // id parent major:minor root mount-point options [tag ...] - type source super-options
  private static final int POINT = 4;
  private static final int FIRST_TAG = 6;
  private static final int OCTAL_DIGITS = 3;

  private record Mount(String point, String type) {}

  private final List<Mount> mounts;

  private MountPoints(List<Mount> mounts) {
    this.mounts = List.copyOf(mounts);
  }

  /**
   * Reads the table.
   *
   * @throws IOException if it cannot be read or is not what it should be
   */
  public static MountPoints read() throws IOException {
    return read(MOUNTINFO);
  }

  static MountPoints read(Path mountinfo) throws IOException {
    var mounts = new ArrayList<Mount>();
    for (var line : ProcFiles.lines(mountinfo)) {
      mounts.add(parse(line));
    }
    return new MountPoints(mounts);
  }

  private static Mount parse(String line) throws IOException {
    var fields = List.of(line.split(" ", -1));
    for (int i = FIRST_TAG; i < fields.size() - 1; i++) {
      if (fields.get(i).equals("-")) {
        return new Mount(unescape(fields.get(POINT)), fields.get(i + 1));
      }
    }
    throw new IOException("a line of the mount table does not follow proc(5): " + line);
  }

  /** Returns whether something is mounted below a directory; a mount on itself does not count. */
  public boolean anyBelow(Path directory) {
    var prefix = ProcFiles.name(directory);
    var below = prefix.endsWith("/") ? prefix : prefix + "/";
    return mounts.stream()
        .anyMatch(mount -> mount.point.startsWith(below) && mount.point.length() > below.length());
  }

  /**
   * Returns whether a file system of a type is mounted on a directory.
   *
   * @param directory an absolute path without symbolic links
   */
  public boolean contains(Path directory, String type) {
    var point = ProcFiles.name(directory);
    return mounts.stream().anyMatch(mount -> mount.point.equals(point) && mount.type.equals(type));
  }

  /** Undoes the kernel's way to write blanks, line ends and backslashes: three octal digits. */
  private static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    var name = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      int end = i + 1 + OCTAL_DIGITS;
      if (field.charAt(i) == '\\' && end <= field.length() && isOctal(field, i + 1, end)) {
        name.append((char) Integer.parseInt(field, i + 1, end, 8));
        i = end - 1;
      } else {
        name.append(field.charAt(i));
      }
    }
    return name.toString();
  }

  private static boolean isOctal(String text, int from, int to) {
    return text.substring(from, to).chars().allMatch(c -> c >= '0' && c <= '7');
  }
}
