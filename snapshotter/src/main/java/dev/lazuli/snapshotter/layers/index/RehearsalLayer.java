package dev.lazuli.snapshotter.layers.index;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.footer.FooterBytes;
import dev.lazuli.estargz.tar.TarBlocks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A made-up eStargz layer in memory: a table of contents like that of a package, and a payload of
 * which nobody reads anything.
 */
final class RehearsalLayer implements BlobSource {
  private static final String TOC_NAME = "stargz.index.json";
  private static final int DIRECTORIES = 120;
  private static final int FILES_OF_EACH = 16;
  private static final int SIZE = 1234;

  /** Enough for what is said to be in it, as nobody decompresses it. */
  private static final int COMPRESSED_BYTES = 8;

  private static final int PAYLOAD_BYTES = (DIRECTORIES * FILES_OF_EACH + 2) * COMPRESSED_BYTES;

  private final ByteBuffer blob;

  RehearsalLayer() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(new byte[PAYLOAD_BYTES]);
    int tocBytes = 0;
    for (int part = 0; part <= DIRECTORIES; part++) {
      tocBytes += part(part).length();
    }
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(TarBlocks.header(TOC_NAME, tocBytes));
      for (int part = 0; part <= DIRECTORIES; part++) {
        gzip.write(part(part).getBytes(US_ASCII));
      }
      gzip.write(new byte[TarBlocks.padding(tocBytes) + TarBlocks.END_BYTES]);
    }
    bytes.write(FooterBytes.estargz(PAYLOAD_BYTES));
    this.blob = ByteBuffer.wrap(bytes.toByteArray()).asReadOnlyBuffer();
  }

  /** Returns a part of the table's JSON, so that all of it is never in memory. */
  private static String part(int part) {
    if (part == DIRECTORIES) {
      return "]}";
    }
    var json = new StringBuilder();
    if (part == 0) {
      json.append("{\"version\":1,\"entries\":[{\"name\":\"usr/\",\"type\":\"dir\"}");
    }
    var directory = "usr/share/package" + part;
    json.append(",{\"name\":\"").append(directory).append("/\",\"type\":\"dir\",\"mode\":493}");
    for (int i = 0; i < FILES_OF_EACH; i++) {
      int number = part * FILES_OF_EACH + i + 1;
      entry(json, directory + "/file" + i, "reg");
      json.append(",\"size\":").append(SIZE).append(",\"mode\":420,\"uid\":0,\"gid\":8");
      json.append(",\"offset\":").append(number * COMPRESSED_BYTES);
      json.append(",\"chunkDigest\":\"sha256:").repeat("5e", 32).append("\"}");
    }
    entry(json, directory + "/link", "symlink");
    json.append(",\"linkName\":\"../package0/file1\",\"xattrs\":{\"user.a\":\"eA==\"}}");
    entry(json, directory + "/same", "hardlink");
    return json.append(",\"linkName\":\"").append(directory).append("/file1\"}").toString();
  }

  private static void entry(StringBuilder json, String name, String type) {
    json.append(",{\"name\":\"").append(name).append("\",\"type\":\"").append(type);
    json.append("\",\"modtime\":\"2024-02-29T12:34:56Z\"");
  }

  @Override
  public long size() {
    return blob.limit();
  }

  @Override
  public BlobStream open(long offset, long length) {
    return new Slice(blob.slice((int) offset, (int) length));
  }

  /** Gives all of a range at once. */
  private static final class Slice implements BlobStream {
    private @Nullable ByteBuffer rest;

    Slice(ByteBuffer bytes) {
      this.rest = bytes;
    }

    @Override
    public @Nullable ByteBuffer next() {
      var all = rest;
      rest = null;
      return all;
    }

    @Override
    public void close() {
      rest = null;
    }
  }
}
