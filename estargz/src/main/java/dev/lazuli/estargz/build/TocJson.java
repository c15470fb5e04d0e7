package dev.lazuli.estargz.build;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.tar.TarEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterOutputStream;

/**
 * Writes a TOC's JSON, fields and indentation as stargz-snapshotter does, and keeps it compressed:
 * its size must be known before it can go into a tar, and uncompressed it can be larger than memory
 * allows.
 */
final class TocJson implements AutoCloseable {
  /**
   * Names of users and groups are only a courtesy; a tar that names a new one for each file gets no
   * more.
   */
  private static final int MAX_NAMES = 10_000;

  private final ByteSink compressed = new ByteSink();
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
  private final DeflaterOutputStream out = new DeflaterOutputStream(compressed, deflater, 8192);
  private final MessageDigest sha256 = Digest.newSha256();
  private final Map<Long, String> users = new HashMap<>();
  private final Map<Long, String> groups = new HashMap<>();
  private final StringBuilder text = new StringBuilder();
  private long size;
  private boolean first = true;
  private boolean firstField;

  TocJson() throws IOException {
    text.append("{\n\t\"version\": 1,\n\t\"entries\": [");
    flush();
  }

  /** Writes a complete entry, and one more for each further chunk. */
  void write(TocFile file) throws IOException {
    var entry = file.entry;
    startEntry();
    string("name", entry.name());
    string("type", entry.type().wire());
    number("size", entry.size());
    optional("modtime", modificationTime(entry));
    optional("linkName", entry.linkName());
    number("mode", entry.mode());
    number("uid", entry.uid());
    number("gid", entry.gid());
    optional("userName", changed(users, entry.uid(), entry.userName()));
    optional("groupName", changed(groups, entry.gid(), entry.groupName()));
    if (!file.chunks.isEmpty()) {
      place(file.chunks.getFirst());
    }
    number("devMajor", entry.deviceMajor());
    number("devMinor", entry.deviceMinor());
    xattrs(entry.xattrs());
    if (!file.chunks.isEmpty()) {
      optional("digest", file.digest == null ? "" : file.digest);
      extent(file.chunks.getFirst(), file.chunks.size() > 1);
    }
    endEntry();
    for (var chunk : file.chunks.subList(Math.min(1, file.chunks.size()), file.chunks.size())) {
      startEntry();
      string("name", entry.name());
      string("type", "chunk");
      place(chunk);
      extent(chunk, true);
      endEntry();
    }
  }

  private void place(TocFile.Chunk chunk) {
    number("offset", chunk.blobOffset);
    number("innerOffset", chunk.innerOffset);
  }

  private void extent(TocFile.Chunk chunk, boolean one) {
    number("chunkOffset", chunk.fileOffset);
    number("chunkSize", one ? chunk.size : 0);
    string("chunkDigest", chunk.digest);
  }

  private void xattrs(Map<String, String> xattrs) {
    if (xattrs.isEmpty()) {
      return;
    }
    field("xattrs");
    text.append('{');
    var separator = "\n\t\t\t\t";
    for (var xattr : xattrs.entrySet()) {
      text.append(separator);
      quote(xattr.getKey());
      var value = Base64.getEncoder().encodeToString(xattr.getValue().getBytes(ISO_8859_1));
      text.append(": \"").append(value).append('"');
      separator = ",\n\t\t\t\t";
    }
    text.append("\n\t\t\t}");
  }

  private static String modificationTime(TarEntry entry) {
    var seconds = entry.mtimeSeconds();
    if ((seconds == 0 && entry.mtimeNanos() == 0) || seconds > 253_402_300_799L) {
      return "";
    }
    return Instant.ofEpochSecond(seconds, entry.mtimeNanos()).toString();
  }

  private static String changed(Map<Long, String> known, long id, String name) {
    if (name.isEmpty() || name.equals(known.get(id)) || known.size() >= MAX_NAMES) {
      return "";
    }
    known.put(id, name);
    return name;
  }

  private void startEntry() {
    text.append(first ? "\n\t\t{" : ",\n\t\t{");
    first = false;
    firstField = true;
  }

  private void endEntry() throws IOException {
    text.append("\n\t\t}");
    if (text.length() > 4096) {
      flush();
    }
  }

  private void string(String field, String value) {
    field(field);
    quote(value);
  }

  private void optional(String field, String value) {
    if (!value.isEmpty()) {
      string(field, value);
    }
  }

  private void number(String field, long value) {
    if (value != 0) {
      field(field);
      text.append(value);
    }
  }

  private void field(String field) {
    text.append(firstField ? "\n\t\t\t\"" : ",\n\t\t\t\"").append(field).append("\": ");
    firstField = false;
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < 0x20) {
        text.append("\\u%04x".formatted((int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }

  /** Ends the document. */
  void finish() throws IOException {
    text.append("\n\t]\n}");
    flush();
    out.finish();
  }

  private void flush() throws IOException {
    var bytes = text.toString().getBytes(UTF_8);
    text.setLength(0);
    sha256.update(bytes);
    size += bytes.length;
    out.write(bytes);
  }

  /** Returns the document's size in bytes. */
  long size() {
    return size;
  }

  /** Returns the finished document's digest; once. */
  Digest digest() {
    return Digest.ofSha256(sha256.digest());
  }

  /** Writes the finished document. */
  void writeTo(OutputStream to) throws IOException {
    try (var inflater = new Inflater()) {
      var inflated = new InflaterOutputStream(to, inflater);
      compressed.writeTo(inflated);
      inflated.finish();
    }
  }

  @Override
  public void close() {
    deflater.close();
  }
}
