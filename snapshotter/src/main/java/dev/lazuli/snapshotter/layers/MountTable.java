package dev.lazuli.snapshotter.layers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The mounts that this process sees, from {@code /proc/self/mountinfo} (proc(5)). */
final class MountTable {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int MOUNT_POINT = 4;
  private static final Pattern ESCAPE = Pattern.compile("\\\\([0-7]{3})");

  private MountTable() {}

  /** Returns the mount points below {@code directory}. */
  static Set<Path> below(Path directory) throws IOException {
    try (var lines = Files.lines(MOUNTINFO)) {
      return lines
          .map(line -> Path.of(unescape(line.split(" ", -1)[MOUNT_POINT])))
          .filter(mount -> mount.startsWith(directory) && !mount.equals(directory))
          .collect(Collectors.toSet());
    }
  }

  private static String unescape(String field) {
    return ESCAPE
        .matcher(field)
        .replaceAll(match -> Character.toString(Integer.parseInt(match.group(1), 8)));
  }
}
