package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.JsonInput.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Reads a TOC's JSON while it streams by, entry after entry into one reused {@link TocEntry}. Takes
 * what Go's decoder takes from the known writers: unknown fields are skipped, null is "not there",
 * of repeated fields the last counts. Unlike Go it is strict about anything after the document.
 */
final class TocParser {
  /** Receives each entry; it is overwritten by the next. */
  @FunctionalInterface
  interface EntrySink {
    void entry(TocEntry entry) throws IOException;
  }

  private static final long UNSIGNED_INT = 0xffff_ffffL;

  /** Linux encodes a device number in 12 + 20 bits. */
  static final long MAX_MAJOR = 0xfff;

  static final long MAX_MINOR = 0xf_ffff;

  private static final byte[] SHA256 = "sha256:".getBytes(US_ASCII);
  private static final int HEX_DIGITS = 64;
  private static final byte[] ZEROS = new byte[HEX_DIGITS / 2];

  private final String layer;
  private final Limits limits;
  private final EntrySink sink;
  private final JsonInput json;
  private final Utf8Buffer name = new Utf8Buffer();
  private final Utf8Buffer text = new Utf8Buffer();
  private final TocEntry entry = new TocEntry();
  private final Utf8Buffer xattrName = new Utf8Buffer();

  /** The type of the last entry that has one: many have the same. */
  private byte[] lastType = {};

  private @Nullable EntryKind lastKind;
  private final ModificationTime time = new ModificationTime();
  private int entries;

  TocParser(String layer, Limits limits, InputStream json, EntrySink sink) {
    this.layer = layer;
    this.limits = limits;
    this.sink = sink;
    var longest = Math.max(4096, Math.max(limits.pathBytes(), limits.xattrBytes() * 4 / 3 + 4));
    this.json = new JsonInput(layer, json, limits.jsonDepth(), longest);
  }

  /** Parses the whole input. */
  void parse() throws IOException {
    expect(Kind.OBJECT, "document");
    json.begin();
    while (json.nextName(name)) {
      switch (TocField.of(name)) {
        case VERSION -> number(TocField.VERSION, 1, 1);
        case ENTRIES -> entries();
        default -> json.skip();
      }
    }
    json.end();
  }

  private void entries() throws IOException {
    if (json.kind() == Kind.NULL) {
      json.skip();
      return;
    }
    expect(Kind.ARRAY, "entries");
    json.begin();
    while (json.nextElement()) {
      expect(Kind.OBJECT, "entry");
      if (++entries > limits.entries()) {
        throw bad("entries", entries, "at most " + limits.entries(), null);
      }
      entry.clear();
      json.begin();
      while (json.nextName(name)) {
        if (json.kind() == Kind.NULL) {
          json.skip();
        } else {
          field(TocField.of(name));
        }
      }
      sink.entry(entry);
    }
  }

  private void field(TocField field) throws IOException {
    switch (field) {
      case NAME -> string(field, entry.name);
      case TYPE -> type();
      case SIZE -> entry.size = number(field, 0, limits.dataBytes());
      case MODIFIED -> modificationTime();
      case LINK -> string(field, entry.link);
      // Tars say it in many ways: some with type bits, Go as a signed 64-bit number.
      case MODE -> entry.mode = (int) number(field, 0, Long.MAX_VALUE) & 0xfff;
      case UID -> entry.uid = (int) number(field, 0, UNSIGNED_INT);
      case GID -> entry.gid = (int) number(field, 0, UNSIGNED_INT);
      case DEVICE_MAJOR -> entry.deviceMajor = (int) number(field, 0, MAX_MAJOR);
      case DEVICE_MINOR -> entry.deviceMinor = (int) number(field, 0, MAX_MINOR);
      case OFFSET -> entry.blobOffset = number(field, 0, Long.MAX_VALUE);
      case INNER_OFFSET -> entry.innerOffset = number(field, 0, Long.MAX_VALUE);
      case CHUNK_OFFSET -> entry.chunkOffset = number(field, 0, limits.dataBytes());
      case CHUNK_SIZE -> entry.chunkSize = number(field, 0, limits.dataBytes());
      case CHUNK_TYPE -> chunkType();
      case DIGEST -> entry.hasDigest = digest(field, entry.digest);
      case CHUNK_DIGEST -> entry.hasChunkDigest = digest(field, entry.chunkDigest);
      case XATTRS -> xattrs();
      case VERSION, ENTRIES, UNKNOWN -> json.skip();
    }
  }

  private void type() throws IOException {
    string(TocField.TYPE, text);
    if (!text.is(lastType, lastType.length)) {
      lastKind = EntryKind.fromWire(text.latin1());
      lastType = Arrays.copyOf(text.bytes(), text.length());
    }
    entry.kind = lastKind;
    if (entry.kind == null) {
      throw bad(TocField.TYPE.wire(), text, "a known entry type", null);
    }
  }

  private void chunkType() throws IOException {
    string(TocField.CHUNK_TYPE, text);
    entry.zeros = text.latin1().equals("zeros");
    if (text.length() > 0 && !entry.zeros) {
      throw bad(TocField.CHUNK_TYPE.wire(), text, "empty or \"zeros\"", null);
    }
  }

  private void modificationTime() throws IOException {
    string(TocField.MODIFIED, text);
    if (text.length() == 0) {
      return;
    }
    try {
      time.read(text, entry);
    } catch (DateTimeException e) {
      throw bad(TocField.MODIFIED.wire(), text, "an RFC 3339 time", e);
    }
  }

  private boolean digest(TocField field, byte[] into) throws IOException {
    expect(Kind.STRING, field.wire());
    return json.hex(SHA256, into) ? !isZeros(into) : unusualDigest(field, into);
  }

  /** Reads what is written in an unusual way, or lies across two buffers. */
  private boolean unusualDigest(TocField field, byte[] into) throws IOException {
    json.string(text);
    if (text.length() == 0) {
      return false;
    }
    var hex = text.bytes();
    if (text.length() != SHA256.length + HEX_DIGITS || !text.startsWith(SHA256)) {
      throw notSha256(field);
    }
    var all = 0;
    for (int i = 0; i < into.length; i++) {
      var at = SHA256.length + 2 * i;
      var octet = hexDigit(hex[at]) << 4 | hexDigit(hex[at + 1]);
      into[i] = (byte) octet;
      all |= octet;
    }
    if (all < 0) {
      throw notSha256(field);
    }
    return !isZeros(into);
  }

  /** All zeros stand for "no digest" in the chunk table, so they cannot be one. */
  private static boolean isZeros(byte[] octets) {
    return Arrays.equals(octets, ZEROS);
  }

  /** Returns a digit's value, below 0 for what is not one. */
  private static int hexDigit(byte digit) {
    if (digit >= '0' && digit <= '9') {
      return digit - '0';
    }
    var letter = digit | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }

  private LayerFormatException notSha256(TocField field) {
    return bad(field.wire(), text, "sha256:<64 hex digits>", null);
  }

  private void xattrs() throws IOException {
    expect(Kind.OBJECT, "xattrs");
    entry.xattrs.clear();
    entry.xattrCount = 0;
    json.begin();
    while (json.nextName(xattrName)) {
      if (json.kind() == Kind.NULL) {
        json.skip();
        xattr(new byte[0]);
      } else {
        xattr(base64());
      }
    }
  }

  /** The strict form, with padding: as Go's decoder takes it. */
  private byte[] base64() throws IOException {
    expect(Kind.STRING, "xattr value");
    json.string(text);
    try {
      if (text.length() % 4 == 0) {
        return Base64.getDecoder().decode(Arrays.copyOf(text.bytes(), text.length()));
      }
      throw bad("xattr value in JSON", text, "base64 with its padding", null);
    } catch (IllegalArgumentException e) {
      throw bad("xattr value in JSON", text, "base64", e);
    }
  }

  private void xattr(byte[] value) throws LayerFormatException {
    var nameBytes = xattrName.length();
    if (nameBytes == 0 || nameBytes > 255) {
      throw bad("xattr name bytes", nameBytes, "1 to 255", null);
    }
    if (OpaqueXattr.owns(xattrName.bytes(), 0, nameBytes)) {
      return;
    }
    Xattrs.append(entry.xattrs, xattrName, value);
    entry.xattrCount++;
    if (entry.xattrs.length() > limits.xattrBytes()) {
      throw bad("xattr bytes", entry.xattrs.length(), "at most " + limits.xattrBytes(), null);
    }
  }

  private void string(TocField field, Utf8Buffer into) throws IOException {
    expect(Kind.STRING, field.wire());
    json.string(into);
  }

  private long number(TocField field, long least, long most) throws IOException {
    expect(Kind.NUMBER, field.wire());
    var value = json.number();
    if (!json.isIntegral()) {
      throw bad(field.wire(), "a fraction, or beyond 64 bits", least + " to " + most, null);
    }
    if (value < least || value > most) {
      throw bad(field.wire(), value, least + " to " + most, null);
    }
    return value;
  }

  private void expect(Kind wanted, String field) throws IOException {
    var actual = json.kind();
    if (actual != wanted) {
      throw bad(field, actual, wanted.name(), null);
    }
  }

  private LayerFormatException bad(
      String field, Object value, String limit, @Nullable Throwable e) {
    var where = entries == 0 ? "TOC " : "TOC entry " + entries + " (" + entry.name + ") ";
    return new LayerFormatException(layer, where + field, value, limit, e);
  }
}
