package dev.lazuli.estargz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.compare.WholeComparison;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.read.UnpackSink;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Builds a layer of a tar, opens it, and puts what it shows into lines by path. */
final class LayerTree {
  /** Converts a tar and returns what the lazy layer shows. */
  static Map<String, String> of(BuildOptions options, byte[] tar) throws IOException {
    return of(RoundTripTest.build(options, tar));
  }

  static Map<String, String> of(RoundTripTest.Built built) throws IOException {
    var trust = TocTrust.fromAnnotations(built.layer().annotations()).orElseThrow();
    var request = OpenRequest.of("test", built.blob(), trust);
    if (built.layer().externalToc().isPresent()) {
      request = request.withExternalToc(built.toc());
    }
    try (var opener = new LayerOpener(Limits.DEFAULT);
        var index = opener.open(request)) {
      assertThat(WholeComparison.problem(index, built.blob())).as("what a proof finds").isEmpty();
      var tree = new TreeMap<String, String>();
      collect(index, 0, "", decode(index, built.blob()), new HashMap<>(), tree);
      return tree;
    }
  }

  /** Returns what a layer without a table shows that is read whole, in pieces of so many bytes. */
  static Map<String, String> ofPlain(byte[] blob, int piece) throws IOException {
    var memory = new IndexMemory(16 << 20, 1);
    var sink = new UnpackSink();
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var range = new MemoryBlob(blob, piece, true).open(0, blob.length);
        var layer = unpacker.unpack(range, "test", memory.share("test", Duration.ZERO), sink)) {
      var tree = new TreeMap<String, String>();
      var data = sink.data(layer.dataSize());
      collect(layer.index(), 0, "", data, new HashMap<>(), tree);
      return tree;
    }
  }

  /** Returns the content of all files, as the data file has it. */
  static byte[] decode(LayerIndex index, BlobSource blob) throws IOException {
    var sink = new CollectingSink();
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var range = blob.open(0, blob.size())) {
      var all = IntStream.range(0, index.chunkCount()).toArray();
      decoder.decode(index.format().compression(), range, 0, index, all, sink);
    }
    var data = new byte[(int) index.dataSize()];
    sink.committed.forEach(
        (chunk, bytes) ->
            System.arraycopy(bytes, 0, data, (int) index.chunkDataOffset(chunk), bytes.length));
    return data;
  }

  private static void collect(
      LayerIndex index,
      int directory,
      String path,
      byte[] data,
      Map<Integer, String> firstNames,
      Map<String, String> into) {
    index.forEachChild(
        directory,
        (name, inode) -> {
          var child = path + UTF_8.decode(name.asByteBuffer());
          into.put(child, line(index, inode, data, firstNames.computeIfAbsent(inode, _ -> child)));
          collect(index, inode, child + "/", data, firstNames, into);
        });
  }

  private static String line(LayerIndex index, int inode, byte[] data, String firstName) {
    var xattrs = new TreeMap<String, String>();
    index.forEachXattr(
        inode,
        (name, value) ->
            xattrs.put(
                UTF_8.decode(name.asByteBuffer()).toString(),
                UTF_8.decode(value.asByteBuffer()).toString()));
    return line(
        index.mode(inode),
        List.of(index.uid(inode), index.gid(inode)),
        index.mtimeSeconds(inode),
        content(index, inode, data),
        firstName,
        xattrs);
  }

  private static String content(LayerIndex index, int inode, byte[] data) {
    return switch (index.mode(inode) & 0170000) {
      case 0100000 -> {
        var from = (int) Math.max(0, index.dataOffset(inode));
        yield new String(Arrays.copyOfRange(data, from, from + (int) index.size(inode)), UTF_8);
      }
      case 0120000 -> UTF_8.decode(index.linkTarget(inode).asByteBuffer()).toString();
      case 0020000, 0060000 -> index.deviceMajor(inode) + "," + index.deviceMinor(inode);
      default -> "";
    };
  }

  /**
   * Returns the line of one name.
   *
   * @param firstName the first of all names of the inode; a directory's own
   */
  static String line(
      int mode,
      List<Integer> owner,
      long mtime,
      String content,
      String firstName,
      Map<String, String> xattrs) {
    var shown = content.length() < 80 ? content : content.length() + ":" + content.hashCode();
    return "%o %s %d \"%s\" =%s %s".formatted(mode, owner, mtime, shown, firstName, xattrs);
  }

  private LayerTree() {}
}
