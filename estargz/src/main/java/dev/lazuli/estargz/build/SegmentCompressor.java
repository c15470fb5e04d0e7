package dev.lazuli.estargz.build;

import dev.lazuli.digest.Digest;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Compresses segments and places their chunks in the result. For one thread at a time. */
final class SegmentCompressor implements AutoCloseable {
  private final StreamCompressor compressor;
  private final int minChunkBytes;
  private final MessageDigest sha256 = Digest.newSha256();

  SegmentCompressor(StreamCompressor compressor, int minChunkBytes) {
    this.compressor = compressor;
    this.minChunkBytes = minChunkBytes;
  }

  /** Compresses a segment; the chunks' offsets are relative to the start of {@code out}. */
  void compress(Segment segment, ByteSink out) {
    var done = 0;
    var streamStart = 0;
    var streamOffset = 0;
    for (var mark : segment.marks) {
      compressor.write(segment.bytes(), done, mark.at() - done, out);
      done = mark.at();
      var enough = out.length() - streamOffset >= minChunkBytes || mark.ownStream();
      if (enough && mark.at() > streamStart) {
        compressor.finish(out);
        streamStart = mark.at();
        streamOffset = out.length();
      }
      var chunk = mark.chunk();
      chunk.blobOffset = streamOffset;
      chunk.innerOffset = (long) mark.at() - streamStart;
      sha256.update(segment.bytes(), mark.at(), chunk.size);
      chunk.digest = "sha256:" + HexFormat.of().formatHex(sha256.digest());
    }
    compressor.write(segment.bytes(), done, segment.length() - done, out);
    compressor.finish(out);
  }

  @Override
  public void close() {
    compressor.close();
  }
}
