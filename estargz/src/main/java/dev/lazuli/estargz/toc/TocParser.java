package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

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

  private final String layer;
  private final Limits limits;
  private final EntrySink sink;
  private final TocEntry entry = new TocEntry();
  private final Utf8Buffer xattrName = new Utf8Buffer();
  private int entries;

  TocParser(String layer, Limits limits, EntrySink sink) {
    this.layer = layer;
    this.limits = limits;
    this.sink = sink;
  }

  /** Parses the whole input. */
  void parse(InputStream json) throws IOException {
    var longest = Math.max(4096, Math.max(limits.pathBytes(), limits.xattrBytes() * 4 / 3 + 4));
    var constraints =
        StreamReadConstraints.builder()
            .maxNestingDepth(limits.jsonDepth())
            .maxStringLength(longest)
            .maxNameLength(1024)
            .maxNumberLength(40)
            .maxDocumentLength(-1)
            .build();
    var factory = JsonFactory.builder().streamReadConstraints(constraints).build();
    try (var parser = factory.createParser(ObjectReadContext.empty(), new Utf8Input(layer, json))) {
      document(parser);
    } catch (JacksonIOException e) {
      throw e.getCause();
    } catch (JacksonException e) {
      throw bad("JSON", e.getOriginalMessage(), "a TOC within our limits", e);
    }
  }

  private void document(JsonParser parser) throws IOException {
    expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "document");
    for (String field; (field = parser.nextName()) != null; ) {
      parser.nextToken();
      switch (field) {
        case "version" -> number(parser, field, 1, 1);
        case "entries" -> entries(parser);
        default -> parser.skipChildren();
      }
    }
    if (parser.nextToken() != null) {
      throw bad("JSON", "more text after the document", "one object", null);
    }
  }

  private void entries(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    expect(parser, parser.currentToken(), JsonToken.START_ARRAY, "entries");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "entry");
      if (++entries > limits.entries()) {
        throw bad("entries", entries, "at most " + limits.entries(), null);
      }
      entry.clear();
      for (String field; (field = parser.nextName()) != null; ) {
        if (parser.nextToken() != JsonToken.VALUE_NULL) {
          field(parser, field);
        }
      }
      sink.entry(entry);
    }
  }

  private void field(JsonParser parser, String field) throws IOException {
    switch (field) {
      case "name" -> string(parser, field, entry.name);
      case "type" -> type(parser);
      case "size" -> entry.size = number(parser, field, 0, limits.dataBytes());
      case "modtime" -> modificationTime(parser);
      case "linkName" -> string(parser, field, entry.link);
      // Tars say it in many ways: some with type bits, Go as a signed 64-bit number.
      case "mode" -> entry.mode = (int) number(parser, field, 0, Long.MAX_VALUE) & 0xfff;
      case "uid" -> entry.uid = (int) number(parser, field, 0, UNSIGNED_INT);
      case "gid" -> entry.gid = (int) number(parser, field, 0, UNSIGNED_INT);
      case "devMajor" -> entry.deviceMajor = (int) number(parser, field, 0, MAX_MAJOR);
      case "devMinor" -> entry.deviceMinor = (int) number(parser, field, 0, MAX_MINOR);
      case "offset" -> entry.blobOffset = number(parser, field, 0, Long.MAX_VALUE);
      case "innerOffset" -> entry.innerOffset = number(parser, field, 0, Long.MAX_VALUE);
      case "chunkOffset" -> entry.chunkOffset = number(parser, field, 0, limits.dataBytes());
      case "chunkSize" -> entry.chunkSize = number(parser, field, 0, limits.dataBytes());
      case "chunkType" -> chunkType(parser);
      case "digest" -> entry.hasDigest = digest(parser, field, entry.digest);
      case "chunkDigest" -> entry.hasChunkDigest = digest(parser, field, entry.chunkDigest);
      case "xattrs" -> xattrs(parser);
      default -> parser.skipChildren();
    }
  }

  private void type(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, "type");
    entry.kind = EntryKind.fromWire(parser.getString());
    if (entry.kind == null) {
      throw bad("type", parser.getString(), "a known entry type", null);
    }
  }

  private void chunkType(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, "chunkType");
    var type = parser.getString();
    if (!type.isEmpty() && !type.equals("zeros")) {
      throw bad("chunkType", type, "empty or \"zeros\"", null);
    }
    entry.zeros = type.equals("zeros");
  }

  private void modificationTime(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, "modtime");
    if (parser.getStringLength() == 0) {
      return;
    }
    try {
      ModificationTime.read(
          parser.getStringCharacters(), parser.getStringOffset(), parser.getStringLength(), entry);
    } catch (DateTimeException e) {
      throw bad("modtime", parser.getString(), "an RFC 3339 time", e);
    }
  }

  private boolean digest(JsonParser parser, String field, byte[] into) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, field);
    var length = parser.getStringLength();
    if (length == 0) {
      return false;
    }
    var text = parser.getStringCharacters();
    var at = parser.getStringOffset();
    if (length != 71 || !startsWithSha256(text, at)) {
      throw bad(field, parser.getString(), "sha256:<64 hex digits>", null);
    }
    var nothing = 0;
    for (int i = 0; i < 32; i++) {
      var high = text[at + 7 + 2 * i];
      var low = text[at + 8 + 2 * i];
      if (!HexFormat.isHexDigit(high) || !HexFormat.isHexDigit(low)) {
        throw bad(field, parser.getString(), "sha256:<64 hex digits>", null);
      }
      into[i] = (byte) (HexFormat.fromHexDigit(high) << 4 | HexFormat.fromHexDigit(low));
      nothing |= into[i];
    }
    // All zeros stand for "no digest" in the chunk table, so they cannot be one.
    return nothing != 0;
  }

  private static boolean startsWithSha256(char[] text, int at) {
    for (int i = 0; i < 7; i++) {
      if (text[at + i] != "sha256:".charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private void xattrs(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "xattrs");
    entry.xattrs.clear();
    entry.xattrCount = 0;
    for (String name; (name = parser.nextName()) != null; ) {
      var value = parser.nextToken() == JsonToken.VALUE_NULL ? new byte[0] : base64(parser);
      var chars = name.toCharArray();
      xattrName.set(chars, 0, chars.length);
      xattr(value);
    }
  }

  private byte[] base64(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, "xattr value");
    return parser.getBinaryValue();
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

  private void string(JsonParser parser, String field, Utf8Buffer into) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_STRING, field);
    into.set(parser.getStringCharacters(), parser.getStringOffset(), parser.getStringLength());
  }

  private long number(JsonParser parser, String field, long least, long most) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT, field);
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw bad(field, parser.getString(), least + " to " + most, null);
    }
    var value = parser.getLongValue();
    if (value < least || value > most) {
      throw bad(field, value, least + " to " + most, null);
    }
    return value;
  }

  private void expect(JsonParser parser, @Nullable JsonToken actual, JsonToken wanted, String field)
      throws LayerFormatException {
    if (actual != wanted) {
      var value = actual == null || actual.isStructStart() ? actual : parser.getString();
      throw bad(field, String.valueOf(value), wanted.name(), null);
    }
  }

  private LayerFormatException bad(
      String field, Object value, String limit, @Nullable Throwable e) {
    var where = entries == 0 ? "TOC " : "TOC entry " + entries + " (" + entry.name + ") ";
    return new LayerFormatException(layer, where + field, value, limit, e);
  }
}
