package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes entries as a tar archive in the POSIX pax format (IEEE 1003.1-2008, "pax Interchange
 * Format"). What does not fit the ustar header goes into an extended header before it: long names,
 * large sizes and owners, nanoseconds, and extended attributes as {@code SCHILY.xattr.NAME} with
 * their raw bytes. Whiteouts follow the OCI image specification. The archive ends with exactly two
 * zero blocks, as Go's archive/tar ends it, because some converters drop any padding after them.
 *
 * <pre>
 *   name 0+100, mode 100+8, uid 108+8, gid 116+8, size 124+12, mtime 136+12, checksum 148+8,
 *   type 156+1, link name 157+100, "ustar\0" "00" 257+8, device major 329+8, minor 337+8
 * </pre>
 */
final class TarWriter implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final long MAX_ID = 0_7777777;
  private static final long MAX_SIZE = 0_77777777777L;

  private final OutputStream out;
  private final byte[] buffer = new byte[1 << 16];

  TarWriter(OutputStream out) {
    this.out = out;
  }

  void write(TreeEntry entry) throws IOException {
    switch (entry.node()) {
      case Node.Directory() -> header(entry, entry.path() + "/", '5', "", 0);
      case Node.RegularFile(var content) -> file(entry, content);
      case Node.Symlink(var target) -> header(entry, entry.path(), '2', target, 0);
      case Node.HardLink(var target) -> header(entry, entry.path(), '1', target, 0);
      case Node.Device(var block, var _, var _) ->
          header(entry, entry.path(), block ? '4' : '3', "", 0);
      case Node.Fifo() -> header(entry, entry.path(), '6', "", 0);
      case Node.Socket() -> throw new IOException("socket " + entry.path() + " in a layer");
      case Node.Whiteout() -> header(entry, marker(entry.path(), ".wh."), '0', "", 0);
      case Node.Opaque() -> header(entry, join(entry.path(), ".wh..wh..opq"), '0', "", 0);
    }
  }

  private static String marker(String path, String prefix) {
    var slash = path.lastIndexOf('/');
    return path.substring(0, slash + 1) + prefix + path.substring(slash + 1);
  }

  private static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  private void file(TreeEntry entry, FileContent content) throws IOException {
    var size = content.size();
    header(entry, entry.path(), '0', "", size);
    var left = size;
    try (var in = content.open()) {
      for (int count; (count = in.read(buffer)) >= 0; left -= count) {
        if (count > left) {
          throw new IOException(entry.path() + " is longer than its " + size + " bytes");
        }
        out.write(buffer, 0, count);
      }
    }
    if (left > 0) {
      throw new IOException(entry.path() + " ends " + left + " bytes before its " + size);
    }
    out.write(new byte[padding(size)]);
  }

  private void header(TreeEntry entry, String path, char type, String link, long size)
      throws IOException {
    var name = RawNames.encode(path.equals("/") ? "./" : path);
    var target = RawNames.encode(link);
    var extended = extended(entry, name, target, size);
    if (!extended.isEmpty()) {
      var records = records(extended);
      block(new UstarHeader("PaxHeaders.0/entry".getBytes(US_ASCII), 0644, 'x', records.length));
      out.write(records);
      out.write(new byte[padding(records.length)]);
    }
    var header = new UstarHeader(name, entry.permissions(), type, Math.min(size, MAX_SIZE));
    header.owner(Math.min(entry.uid(), MAX_ID), Math.min(entry.gid(), MAX_ID));
    header.modified(Math.clamp(entry.modified().getEpochSecond(), 0, MAX_SIZE));
    header.link(target);
    if (entry.node() instanceof Node.Device(var _, var major, var minor)) {
      header.device(major, minor);
    }
    block(header);
  }

  private void block(UstarHeader header) throws IOException {
    out.write(header.toBytes());
  }

  private static Map<String, byte[]> extended(
      TreeEntry entry, byte[] name, byte[] link, long size) {
    Map<String, byte[]> records = new TreeMap<>();
    if (name.length > NAME_BYTES || !isAscii(name)) {
      records.put("path", name);
    }
    if (link.length > NAME_BYTES || !isAscii(link)) {
      records.put("linkpath", link);
    }
    if (size > MAX_SIZE) {
      records.put("size", Long.toString(size).getBytes(US_ASCII));
    }
    if (entry.uid() > MAX_ID) {
      records.put("uid", Integer.toString(entry.uid()).getBytes(US_ASCII));
    }
    if (entry.gid() > MAX_ID) {
      records.put("gid", Integer.toString(entry.gid()).getBytes(US_ASCII));
    }
    var seconds = entry.modified().getEpochSecond();
    if (seconds < 0 || !entry.modified().equals(Instant.ofEpochSecond(seconds))) {
      records.put("mtime", PaxTime.format(entry.modified()).getBytes(US_ASCII));
    }
    entry.xattrs().forEach((key, value) -> records.put("SCHILY.xattr." + key, value));
    return records;
  }

  /** Each record is "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
  private static byte[] records(Map<String, byte[]> extended) {
    var bytes = new ByteArrayOutputStream();
    extended.forEach(
        (key, value) -> {
          var body = key.getBytes(UTF_8).length + value.length + 3; // space, equals sign, newline
          var length = body + digits(body);
          length = body + digits(length);
          bytes.writeBytes((length + " " + key + "=").getBytes(UTF_8));
          bytes.writeBytes(value);
          bytes.write('\n');
        });
    return bytes.toByteArray();
  }

  private static int digits(int number) {
    return Integer.toString(number).length();
  }

  private static boolean isAscii(byte[] bytes) {
    for (var b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  private static int padding(long size) {
    return (int) (-size & (BLOCK - 1));
  }

  /** Ends the archive and closes the stream. */
  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }
}
