package dev.lazuli.testimages.images;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Everything that programs can see of a directory tree, taken once and then compared with other
 * trees: types and permissions, owners, modification times to the nanosecond, link counts, sizes,
 * device numbers, link targets, extended attributes of every namespace, which names are the same
 * file, and the content of files.
 *
 * <p>Uses find, stat, getfattr, sha256sum and cksum, a few processes for a whole tree, because
 * names need not be UTF-8 and {@code java.nio} sees no {@code trusted.} attributes; these need
 * root. Names are shown with one Latin-1 character for each byte.
 */
public final class TreeComparer {
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  /** Above this a CRC is taken: for sparse files of gigabytes a strong digest takes too long. */
  private static final long LARGE_FILE_BYTES = 64 << 20; // 64 MiB

  private static final String SORTED = " -print0 | sort -z | xargs -0 -r ";
  private static final int MODE_TYPE = 0xf000;
  private static final int MODE_DIRECTORY = 0x4000;

  private final Path root;

  /** Facts by file name, then by what they are about. */
  private final SortedMap<String, SortedMap<String, String>> files = new TreeMap<>();

  private TreeComparer(Path root) {
    this.root = root;
  }

  /**
   * Reads a whole tree.
   *
   * @throws IOException if some of it cannot be read
   */
  public static TreeComparer of(Path root) throws IOException {
    var tree = new TreeComparer(root);
    tree.readStatus();
    tree.readLinkTargets();
    tree.readXattrs();
    tree.readDigests("-size -" + (LARGE_FILE_BYTES + 1) + "c", "sha256sum -z");
    tree.readDigests("-size +" + LARGE_FILE_BYTES + "c", "cksum -z");
    return tree;
  }

  /** Reads two trees and returns every difference between them; see {@link #differences}. */
  public static List<String> compare(Path expected, Path actual) throws IOException {
    return of(expected).differences(actual);
  }

  /** Returns the number of names in the tree, the root included. */
  public int size() {
    return files.size();
  }

  /**
   * Reads another tree and returns every difference from this one, a line for each.
   *
   * @throws IOException if some of it cannot be read
   */
  public List<String> differences(Path actual) throws IOException {
    var other = of(actual);
    List<String> differences = new ArrayList<>();
    for (var name : union(files, other.files)) {
      var expectedFacts = files.get(name);
      var actualFacts = other.files.get(name);
      if (expectedFacts == null || actualFacts == null) {
        differences.add(name + ": only in " + (expectedFacts == null ? actual : root));
      } else if (!expectedFacts.equals(actualFacts)) {
        describe(name, expectedFacts, actualFacts, differences);
      }
    }
    return differences;
  }

  private static void describe(
      String name, Map<String, String> expected, Map<String, String> actual, List<String> into) {
    for (var fact : union(expected, actual)) {
      var wanted = expected.getOrDefault(fact, "none");
      var got = actual.getOrDefault(fact, "none");
      if (!wanted.equals(got)) {
        into.add(name + ": " + fact + ": expected " + wanted + ", got " + got);
      }
    }
  }

  private static SortedSet<String> union(Map<String, ?> a, Map<String, ?> b) {
    var keys = new TreeSet<>(a.keySet());
    keys.addAll(b.keySet());
    return keys;
  }

  private void readStatus() throws IOException {
    var format = "%n\\0%f\\0%u\\0%g\\0%.9Y\\0%h\\0%s\\0%t:%T\\0%d:%i\\0";
    var fields = split(run("find ." + SORTED + "stat --printf '" + format + "'"));
    Map<String, String> firstNames = new HashMap<>();
    for (int i = 0; i + 8 < fields.size(); i += 9) {
      var name = fields.get(i);
      SortedMap<String, String> facts = new TreeMap<>();
      facts.put("mode", fields.get(i + 1));
      facts.put("uid", fields.get(i + 2));
      facts.put("gid", fields.get(i + 3));
      facts.put("mtime", fields.get(i + 4));
      facts.put("rdev", fields.get(i + 7));
      if ((Integer.parseInt(fields.get(i + 1), 16) & MODE_TYPE) == MODE_DIRECTORY) {
        facts.put("directory links", fields.get(i + 5));
      } else {
        facts.put("links", fields.get(i + 5));
        facts.put("size", fields.get(i + 6));
        var first = firstNames.putIfAbsent(fields.get(i + 8), name);
        facts.put("same file as", first == null ? name : first);
      }
      files.put(name, facts);
    }
  }

  private void readLinkTargets() throws IOException {
    var fields = split(run("find . -type l -printf '%p\\0%l\\0'"));
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      put(fields.get(i), "target", fields.get(i + 1));
    }
  }

  /** The output is a paragraph for each file, "# file: name" and "attribute=0x..." lines. */
  private void readXattrs() throws IOException {
    var name = "";
    for (var line : run("getfattr -Rhd -m- --absolute-names -e hex .").split("\n", -1)) {
      if (line.startsWith("# file: ")) {
        name = unescape(line.substring("# file: ".length()));
      } else if (!line.isEmpty()) {
        int end = line.indexOf('=');
        var attribute = end < 0 ? line : line.substring(0, end);
        put(name, "xattr " + unescape(attribute), end < 0 ? "" : line.substring(end + 1));
      }
    }
  }

  private void readDigests(String which, String digester) throws IOException {
    for (var line : split(run("find . -type f " + which + SORTED + digester + " --"))) {
      int name = line.indexOf(" ./") + 1;
      put(line.substring(name), "content", line.substring(0, name).strip());
    }
  }

  private void put(String name, String fact, String value) throws IOException {
    var facts = files.get(name);
    if (facts == null) {
      throw new IOException(root + " changes while it is read: " + name);
    }
    facts.put(fact, value);
  }

  private static List<String> split(String output) {
    var fields = new ArrayList<>(Arrays.asList(output.split("\0", -1)));
    fields.removeLast();
    return fields;
  }

  /** Getfattr writes bytes outside of printable ASCII, and the backslash, as {@code \ooo}. */
  private static String unescape(String text) {
    var plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        plain.append(text.charAt(i));
      }
    }
    return plain.toString();
  }

  private String run(String pipeline) throws IOException {
    var output = Files.createTempFile("tree", ".out");
    var errors = Files.createTempFile("tree", ".err");
    var builder = new ProcessBuilder("bash", "-c", "set -o pipefail; " + pipeline);
    builder.environment().put("LC_ALL", "C");
    builder.directory(root.toFile());
    builder.redirectOutput(output.toFile()).redirectError(errors.toFile());
    var process = builder.start();
    try {
      if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(pipeline + " in " + root + ": still running after " + TIMEOUT);
      }
      if (process.exitValue() != 0 || Files.size(errors) > 0) {
        var text = new String(Files.readAllBytes(errors), UTF_8);
        throw new IOException(pipeline + " in " + root + ": " + process.exitValue() + ": " + text);
      }
      return new String(Files.readAllBytes(output), ISO_8859_1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(pipeline + " in " + root + ": interrupted", e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Files.delete(output);
      Files.delete(errors);
    }
  }
}
