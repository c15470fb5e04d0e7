package dev.lazuli.snapshotter.rehearsal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.footer.FooterBytes;
import dev.lazuli.estargz.tar.TarBlocks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;

/**
 * A made-up eStargz layer in memory: a table of contents like that of a package, and files that all
 * have the same content.
 */
final class RehearsalLayer {
  private static final String TOC_NAME = "stargz.index.json";
  private static final int DIRECTORIES = 120;
  private static final int FILES_OF_EACH = 16;
  private static final int FILES = DIRECTORIES * FILES_OF_EACH;
  private static final byte[] CONTENT = "a line of a file\n".repeat(80).getBytes(US_ASCII);

  private final int memberBytes;
  private final String digest = Digest.ofSha256(Digest.newSha256().digest(CONTENT)).toString();
  private final byte[] blob;

  RehearsalLayer() throws IOException {
    byte[] member = gzip(CONTENT);
    this.memberBytes = member.length;
    var bytes = new ByteArrayOutputStream((FILES + 2) * memberBytes);
    // The first member stands for the headers that a real layer begins with.
    for (int i = 0; i <= FILES; i++) {
      bytes.write(member);
    }
    int tocOffset = bytes.size();
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
    bytes.write(FooterBytes.estargz(tocOffset));
    this.blob = bytes.toByteArray();
  }

  /** Returns all of it, which is not to be changed. */
  byte[] blob() {
    return blob;
  }

  private static byte[] gzip(byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    }
    return bytes.toByteArray();
  }

  /** Returns a part of the table's JSON, so that all of it is never in memory. */
  private String part(int part) {
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
      int number = 1 + part * FILES_OF_EACH + i;
      entry(json, directory + "/file" + i, "reg");
      json.append(",\"size\":").append(CONTENT.length).append(",\"mode\":420,\"uid\":0,\"gid\":8");
      json.append(",\"offset\":").append(number * memberBytes);
      json.append(",\"chunkDigest\":\"").append(digest).append("\"}");
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
}
