package dev.lazuli.estargz.ztoc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ztoc.FlatWriter.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ztocs: one by SOCI itself, and others by hand. */
public final class ZtocFiles {
  private static final String TIME = "2001-02-03T04:05:06.789Z";

  private ZtocFiles() {}

  /** Returns the layer of which SOCI has made {@link #real}. */
  public static byte[] realLayer() throws IOException {
    return resource("layer.tar.gz");
  }

  /** Returns a ztoc that SOCI has made; {@code make.sh} says how. */
  public static byte[] real() throws IOException {
    return resource("layer.ztoc");
  }

  private static byte[] resource(String name) throws IOException {
    try (var in = ZtocFiles.class.getResourceAsStream("/ztoc/" + name)) {
      if (in == null) {
        throw new IOException("no " + name);
      }
      return in.readAllBytes();
    }
  }

  /** Returns an entry. */
  public static Table entry(String name, String type, long offset, long size, Table... xattrs) {
    return new Table(
        name, type, offset, size, "target", 0644L, 1, 2, "u", "g", TIME, 3L, 4L, List.of(xattrs));
  }

  /** Returns an extended attribute. */
  public static Table xattr(String name, String value) {
    return new Table("SCHILY.xattr." + name, value);
  }

  /** Returns the ztoc of a tar that is not compressed, in spans of a size. */
  public static byte[] plain(byte[] tar, int spanBytes, List<Table> entries) {
    var digests = new ArrayList<String>();
    for (int at = 0; at < tar.length; at += spanBytes) {
      var span = ByteBuffer.wrap(tar, at, Math.min(spanBytes, tar.length - at));
      var bytes = new byte[span.remaining()];
      span.get(bytes);
      digests.add(Digest.sha256(bytes).toString());
    }
    var zinfo = FlatWriter.write(new Table(2, (long) spanBytes, (long) tar.length));
    return of(tar.length, tar.length, entries, (byte) 2, digests.size() - 1, digests, zinfo);
  }

  /** Returns a ztoc of a gzip layer whose checkpoints are given. */
  public static byte[] gzip(
      long blobBytes, long tarBytes, List<Table> entries, List<String> digests, byte[] zinfo) {
    return of(blobBytes, tarBytes, entries, null, digests.size() - 1, digests, zinfo);
  }

  private static byte[] of(
      long blobBytes,
      long tarBytes,
      List<Table> entries,
      @Nullable Byte algorithm,
      int lastSpan,
      List<String> digests,
      byte[] zinfo) {
    var info = new Table(algorithm, lastSpan, digests, zinfo);
    return FlatWriter.write(
        new Table("0.9", "by hand", blobBytes, tarBytes, new Table(entries), info));
  }

  /** A checkpoint as it lies in a ztoc. */
  public record Row(long in, long out, int bits) {}

  /** Returns checkpoints whose windows are zeros. */
  public static byte[] zinfo(int count, Row... rows) {
    var bytes = ByteBuffer.allocate(12 + rows.length * 32785).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(count).putLong(4096);
    for (var row : rows) {
      bytes.putLong(row.in).putLong(row.out).put((byte) row.bits);
      bytes.position(bytes.position() + (32 << 10));
    }
    return bytes.array();
  }

  /** Returns digests of nothing in particular. */
  public static List<String> digests(int count) {
    var digests = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      digests.add(Digest.sha256(new byte[] {(byte) i}).toString());
    }
    return digests;
  }
}
