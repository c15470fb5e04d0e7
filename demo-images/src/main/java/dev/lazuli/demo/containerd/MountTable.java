package dev.lazuli.demo.containerd;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The mounts that this process sees, from {@code /proc/self/mountinfo} (proc(5)). */
public final class MountTable {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int MOUNT_POINT = 4;
  private static final Pattern ESCAPE = Pattern.compile("\\\\([0-7]{3})");

  private MountTable() {}

  /** Returns the mount points at and below {@code directory}, in the order they were mounted. */
  public static List<Path> below(Path directory) throws IOException {
    // Other mounts may have names that are not UTF-8, of which no path can be made.
    var prefix = new String(directory.toString().getBytes(UTF_8), ISO_8859_1);
    return Files.readAllLines(MOUNTINFO, ISO_8859_1).stream()
        .map(line -> unescape(line.split(" ", -1)[MOUNT_POINT]))
        .filter(mount -> mount.startsWith(prefix))
        .map(mount -> Path.of(new String(mount.getBytes(ISO_8859_1), UTF_8)))
        .filter(mount -> mount.startsWith(directory))
        .toList();
  }

  /**
   * Unmounts everything at and below {@code directory}, newest first, lazily where it is busy.
   *
   * @throws IOException if a mount stays
   */
  public static void unmountBelow(Path directory) throws IOException {
    for (var mount : below(directory).reversed()) {
      if (Command.of("umount", mount.toString()).run().exitStatus() != 0) {
        Command.of("umount", "--lazy", mount.toString()).run();
      }
    }
    var left = below(directory);
    if (!left.isEmpty()) {
      throw new IOException("still mounted: " + left);
    }
  }

  private static String unescape(String field) {
    return ESCAPE
        .matcher(field)
        .replaceAll(
            match ->
                Matcher.quoteReplacement(Character.toString(Integer.parseInt(match.group(1), 8))));
  }
}
