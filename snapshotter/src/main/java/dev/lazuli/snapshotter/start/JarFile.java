package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The directory of a zip archive, and what its manifest says of other archives.
 *
 * @param directoryAt where the part of the file begins that every reader begins with
 * @param directoryLength how long it is, as far as the archive tells; it may reach beyond its end
 * @param classPath relative paths of other archives
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">APPNOTE: the
 *     format</a>
 * @see <a href="https://docs.oracle.com/en/java/javase/17/docs/specs/jar/jar.html">JAR:
 *     manifest</a>
 */
record JarFile(long directoryAt, long directoryLength, List<String> classPath) {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int END_BYTES = 22;
  private static final int ENTRY_BYTES = 46;
  private static final int LOCAL_BYTES = 30;

  /** A comment at the end may be longer; then the archive is left to its readers. */
  private static final int MOST_END = 1024;

  /** The manifest is one of the first entries. */
  private static final int MOST_ENTRIES = 16;

  private static final int MOST_MANIFEST = 64 << 10;
  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  /** Copies the list. */
  JarFile {
    classPath = List.copyOf(classPath);
  }

  /**
   * Reads an archive.
   *
   * @throws NotArrivedException if a part of it that is needed is not here yet
   */
  static JarFile open(FileParts file) throws IOException {
    long from = Math.max(0, file.size() - MOST_END);
    ByteBuffer end = buffer(file, from, MOST_END);
    for (int at = end.limit() - END_BYTES; at >= 0; at--) {
      if (end.getInt(at) == END_SIGNATURE) {
        long directory = Integer.toUnsignedLong(end.getInt(at + 16));
        return new JarFile(
            directory, file.size() - directory, classPath(manifest(file, directory)));
      }
    }
    return new JarFile(from, MOST_END, List.of());
  }

  private static ByteBuffer buffer(FileParts file, long at, int length) throws IOException {
    return ByteBuffer.wrap(file.read(at, length)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String manifest(FileParts file, long directory) throws IOException {
    long at = directory;
    for (int i = 0; i < MOST_ENTRIES; i++) {
      ByteBuffer entry = buffer(file, at, ENTRY_BYTES + MANIFEST.length());
      if (entry.limit() < ENTRY_BYTES + MANIFEST.length() || entry.getInt(0) != ENTRY_SIGNATURE) {
        return "";
      }
      int name = Short.toUnsignedInt(entry.getShort(28));
      if (name == MANIFEST.length() && name(entry, name).equalsIgnoreCase(MANIFEST)) {
        return content(file, entry);
      }
      at +=
          ENTRY_BYTES
              + name
              + Short.toUnsignedInt(entry.getShort(30))
              + Short.toUnsignedInt(entry.getShort(32));
    }
    return "";
  }

  private static String name(ByteBuffer entry, int length) {
    return UTF_8.decode(entry.slice(ENTRY_BYTES, length)).toString();
  }

  private static String content(FileParts file, ByteBuffer entry) throws IOException {
    boolean isDeflated = entry.getShort(10) != 0;
    long stored = Integer.toUnsignedLong(entry.getInt(20));
    long local = Integer.toUnsignedLong(entry.getInt(42));
    ByteBuffer header = buffer(file, local, LOCAL_BYTES);
    if (header.limit() < LOCAL_BYTES || stored > MOST_MANIFEST) {
      return "";
    }
    long at =
        local
            + LOCAL_BYTES
            + Short.toUnsignedInt(header.getShort(26))
            + Short.toUnsignedInt(header.getShort(28));
    byte[] bytes = file.read(at, (int) stored);
    return new String(isDeflated ? inflated(bytes) : bytes, UTF_8);
  }

  private static byte[] inflated(byte[] deflated) throws IOException {
    var inflater = new Inflater(/* nowrap= */ true);
    try {
      inflater.setInput(deflated);
      var content = new byte[MOST_MANIFEST];
      int length = inflater.inflate(content);
      return java.util.Arrays.copyOf(content, length);
    } catch (DataFormatException e) {
      throw new IOException("manifest: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  /** Returns the words of the manifest's {@code Class-Path}, whose lines go on after a blank. */
  private static List<String> classPath(String manifest) {
    String joined = manifest.replace("\r\n ", "").replace("\n ", "");
    return joined
        .lines()
        .filter(line -> line.startsWith("Class-Path:"))
        .findFirst()
        .map(line -> List.of(line.substring("Class-Path:".length()).strip().split(" +", -1)))
        .orElse(List.of())
        .stream()
        .filter(entry -> !entry.isEmpty())
        .toList();
  }
}
