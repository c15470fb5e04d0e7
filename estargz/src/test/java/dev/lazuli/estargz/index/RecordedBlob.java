package dev.lazuli.estargz.index;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.read.UnpackSink;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A layer that was read whole, and what was recorded of it.
 *
 * @param table the chunks and starts that reading it has shown
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record RecordedBlob(
    byte[] blob, UnpackSink table, List<String> tree, long dataSize, byte[] bytes) {
  private static final IndexMemory MEMORY = new IndexMemory(64 << 20, 1);

  /**
   * Reads a blob.
   *
   * @param spacing bytes of the tar between checkpoints
   */
  public static RecordedBlob of(byte[] blob, long spacing) throws IOException {
    Path directory = Files.createTempDirectory("recorded");
    var table = new UnpackSink();
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT, spacing);
        var recorder = new IndexRecorder(directory);
        var stream = new MemoryBlob(blob).open(0, blob.length)) {
      var share = MEMORY.share("test", Duration.ZERO);
      try (var layer = unpacker.unpack(stream, "test", share, new Both(table, recorder))) {
        var out = new ByteArrayOutputStream();
        recorder.finish(layer.blobDigest(), blob.length, layer.compression(), out);
        var tree = tree(layer.index());
        long size = Math.max(layer.dataSize(), layer.index().dataSize());
        return new RecordedBlob(blob, table, tree, size, out.toByteArray());
      }
    } finally {
      Files.delete(directory);
    }
  }

  /** Gives everything to two sinks. */
  private record Both(ContentSink first, ContentSink second) implements ContentSink {
    @Override
    public void write(long dataOffset, ByteBuffer window) throws IOException {
      first.write(dataOffset, window.duplicate());
      second.write(dataOffset, window);
    }

    @Override
    public void chunk(
        long dataOffset, long size, long blobOffset, long blobEnd, long inner, byte[] sha256)
        throws IOException {
      first.chunk(dataOffset, size, blobOffset, blobEnd, inner, sha256);
      second.chunk(dataOffset, size, blobOffset, blobEnd, inner, sha256);
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, byte[] window) throws IOException {
      first.checkpoint(checkpoint, window);
      second.checkpoint(checkpoint, window);
    }

    @Override
    public void headers(ByteBuffer bytes) throws IOException {
      second.headers(bytes);
    }
  }

  /** What comes of reading an index. */
  interface Found {
    void accept(SharedIndex.IndexedLayerTree tree, UnpackSink table) throws IOException;
  }

  /** Reads an index of this layer. */
  void read(byte[] index, Found found) throws IOException {
    Path file = Files.write(Files.createTempFile("shared", ".index"), index);
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var shared = SharedIndex.open(channel, Digest.sha256(blob));
      var sink = new UnpackSink();
      try (var tree = shared.read(Limits.DEFAULT, MEMORY.share("test", Duration.ZERO), sink)) {
        found.accept(tree, sink);
      }
    } finally {
      Files.delete(file);
      MEMORY.share("next", Duration.ZERO).close();
    }
  }

  /** Returns all that a tree says, in lines. */
  static List<String> tree(LayerIndex index) {
    var lines = new ArrayList<String>();
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      var line = new StringBuilder();
      line.append(index.path(inode))
          .append(" mode ")
          .append(Integer.toOctalString(index.mode(inode)));
      line.append(" owner ").append(index.uid(inode)).append(':').append(index.gid(inode));
      line.append(" time ")
          .append(index.mtimeSeconds(inode))
          .append('.')
          .append(index.mtimeNanos(inode));
      line.append(" size ")
          .append(index.size(inode))
          .append(" at ")
          .append(index.dataOffset(inode));
      line.append(" links ").append(index.linkCount(inode)).append(" device ");
      line.append(index.deviceMajor(inode)).append(':').append(index.deviceMinor(inode));
      line.append(" implied ").append(index.isImplied(inode)).append(index.isImpliedFirst(inode));
      line.append(" children ").append(index.childCount(inode));
      index.forEachXattr(
          inode,
          (name, value) -> line.append(' ').append(hex(name)).append('=').append(hex(value)));
      lines.add(line.toString());
    }
    return lines;
  }

  private static String hex(MemorySegment bytes) {
    return HexFormat.of().formatHex(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  /** Returns all that a table says, in lines. */
  static List<String> table(UnpackSink table) {
    var lines = new ArrayList<String>();
    byte[] sha256 = new byte[Digest.SHA256_BYTES];
    for (int chunk = 0; chunk < table.chunkCount(); chunk++) {
      table.chunkDigest(chunk, sha256);
      lines.add(
          "data %d+%d blob %d-%d inner %d %s"
              .formatted(
                  table.chunkDataOffset(chunk),
                  table.chunkSize(chunk),
                  table.chunkBlobOffset(chunk),
                  table.chunkBlobEnd(chunk),
                  table.chunkInnerOffset(chunk),
                  HexFormat.of().formatHex(Arrays.copyOf(sha256, 8))));
    }
    return lines;
  }
}
