package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this process has open: files by their inodes, for a file that is moved or deleted stays the
 * one it was; sockets and the like by their kinds. What the JVM opens for itself, when it first
 * needs it, does not count.
 */
public final class OpenFiles {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /**
   * Something that is open.
   *
   * @param what equal for what is the same file or of the same kind
   * @param name for people
   */
  private record Open(Object what, String name) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Open open && what.equals(open.what);
    }

    @Override
    public int hashCode() {
      return what.hashCode();
    }
  }

  private final Map<Open, Integer> before;

  private OpenFiles(Map<Open, Integer> before) {
    this.before = before;
  }

  /** Returns what is open now. */
  public static OpenFiles now() throws IOException {
    return new OpenFiles(count());
  }

  /** Asserts that nothing is open that was not open before, after a while at the latest. */
  public void assertNothingAdded() {
    Eventually.asserted(() -> assertThat(added()).as("descriptors left open").isEmpty());
  }

  private Map<String, Integer> added() throws IOException {
    var added = new TreeMap<String, Integer>();
    count()
        .forEach(
            (what, number) -> {
              int more = number - before.getOrDefault(what, 0);
              if (more > 0) {
                added.put(what.name(), more);
              }
            });
    return added;
  }

  private static Map<Open, Integer> count() throws IOException {
    var open = new HashMap<Open, Integer>();
    try (var descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path descriptor : descriptors) {
        String target = target(descriptor);
        if (!isOfTheJvm(target)) {
          open.merge(open(descriptor, target), 1, Integer::sum);
        }
      }
    }
    return open;
  }

  private static Open open(Path descriptor, String target) {
    if (!target.startsWith("/")) {
      String kind = target.replaceFirst("^(socket|pipe):.*", "$1");
      return new Open(kind, kind);
    }
    try {
      return new Open(Files.readAttributes(descriptor, "unix:dev,ino"), target);
    } catch (IOException e) {
      return new Open("", ""); // closed meanwhile
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile, as is that of the directory itself
    }
  }

  private static boolean isOfTheJvm(String target) {
    return target.isEmpty()
        // Virtual threads that wait for sockets share some. A selector has one and an eventfd.
        || target.equals("anon_inode:[eventpoll]")
        || target.endsWith(".jar")
        || target.startsWith("/dev/")
        || target.startsWith("/proc/")
        || target.startsWith(System.getProperty("java.home"));
  }
}
