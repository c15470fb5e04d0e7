package dev.lazuli.estargz.ztoc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.tar.EntryType;
import dev.lazuli.estargz.tar.RawBlocks;
import dev.lazuli.estargz.tar.TarEntry;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.TreeMap;

/** The entries of a ztoc, in the order of the tar. For one thread. */
final class ZtocEntries {
  private static final int METADATA = 0;

  private static final int NAME = 0;
  private static final int TYPE = 1;
  private static final int OFFSET = 2;
  private static final int SIZE = 3;
  private static final int LINK = 4;
  private static final int MODE = 5;
  private static final int UID = 6;
  private static final int GID = 7;
  private static final int MODIFIED = 10;
  private static final int MAJOR = 11;
  private static final int MINOR = 12;
  private static final int XATTRS = 13;

  private static final int KEY = 0;
  private static final int VALUE = 1;

  /** What the keys of extended attributes start with; the others are records of the tar. */
  private static final String XATTR_PREFIX = "SCHILY.xattr.";

  /** Files of which the tar has only parts, whose places a ztoc does not say. */
  private static final String SPARSE_PREFIX = "GNU.sparse.";

  private static final int MOST_KEY_BYTES = 512;
  private static final int MOST_WORD_BYTES = 64;
  private static final long UNSIGNED_INT = 0xffff_ffffL;

  private final FlatBytes file;
  private final FlatTable toc;
  private final Limits limits;
  private final long tarBytes;
  private long end;

  ZtocEntries(FlatBytes file, FlatTable toc, Limits limits, long tarBytes) {
    this.file = file;
    this.toc = toc;
    this.limits = limits;
    this.tarBytes = tarBytes;
  }

  void addTo(TarIndexer indexer) throws IOException {
    int count = toc.count(METADATA);
    for (int i = 0; i < count; i++) {
      var row = toc.element(METADATA, i);
      var entry = entry(row);
      indexer.add(entry, entry.size() > 0 ? place(row, entry) : 0);
    }
  }

  /** Returns where an entry's content lies in the tar, behind that of the one before it. */
  private long place(FlatTable row, TarEntry entry) throws LayerFormatException {
    long offset = row.int64(OFFSET);
    if (offset < Math.max(end, 1) || offset > tarBytes || entry.size() > tarBytes - offset) {
      throw file.bad(
          "place of " + entry.name(),
          offset + "+" + entry.size(),
          "from " + end + " to " + tarBytes);
    }
    end = offset + entry.size();
    return offset;
  }

  private TarEntry entry(FlatTable row) throws LayerFormatException {
    var name = row.text(NAME, limits.pathBytes());
    var type = type(name, row.text(TYPE, MOST_WORD_BYTES));
    var time = time(name, row.text(MODIFIED, MOST_WORD_BYTES));
    boolean isDevice = type == EntryType.CHAR || type == EntryType.BLOCK;
    boolean isLink = type == EntryType.SYMLINK || type == EntryType.HARDLINK;
    return new TarEntry(
        new RawBlocks(new byte[0]),
        name,
        type,
        type == EntryType.REGULAR ? number(name, "size", row.int64(SIZE)) : 0,
        (int) (number(name, "mode", row.int64(MODE)) & 07777),
        row.int32(UID) & UNSIGNED_INT,
        row.int32(GID) & UNSIGNED_INT,
        "",
        "",
        time.getEpochSecond(),
        time.getNano(),
        isLink ? row.text(LINK, limits.pathBytes()) : "",
        isDevice ? number(name, "major", row.int64(MAJOR)) : 0,
        isDevice ? number(name, "minor", row.int64(MINOR)) : 0,
        xattrs(name, row));
  }

  private EntryType type(String name, String word) throws LayerFormatException {
    for (var type : EntryType.values()) {
      if (type.wire().equals(word)) {
        return type;
      }
    }
    throw file.bad("type of " + name, word, "a known one");
  }

  private long number(String name, String what, long value) throws LayerFormatException {
    if (value < 0) {
      throw file.bad(what + " of " + name, value, "at least 0");
    }
    return value;
  }

  /** Returns a time as tars are read here: none is before 1970. */
  private Instant time(String name, String text) throws LayerFormatException {
    try {
      var time = text.isEmpty() ? Instant.EPOCH : OffsetDateTime.parse(text).toInstant();
      return time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time;
    } catch (DateTimeException e) {
      throw file.bad("time of " + name, text, "as in RFC 3339");
    }
  }

  private Map<String, String> xattrs(String name, FlatTable row) throws LayerFormatException {
    int count = row.count(XATTRS);
    if (count == 0) {
      return Map.of();
    }
    var xattrs = new TreeMap<String, String>();
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      var record = row.element(XATTRS, i);
      var key = record.text(KEY, MOST_KEY_BYTES);
      if (key.startsWith(SPARSE_PREFIX)) {
        throw file.bad("record of " + name, key, "not that of a sparse file");
      }
      if (key.startsWith(XATTR_PREFIX)) {
        var value = ISO_8859_1.decode(record.content(VALUE, limits.xattrBytes())).toString();
        bytes += key.length() + value.length();
        if (bytes > limits.xattrBytes()) {
          throw file.bad("attributes of " + name, bytes, "at most " + limits.xattrBytes());
        }
        xattrs.put(key.substring(XATTR_PREFIX.length()), value);
      }
    }
    return xattrs;
  }
}
