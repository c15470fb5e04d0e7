package dev.lazuli.estargz.build;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;

/** zstd frames without a checksum: the TOC's digests are stronger. */
final class ZstdCompressor implements StreamCompressor {
  private final ZstdCompressCtx context = new ZstdCompressCtx();
  private final ByteBuffer in = ByteBuffer.allocateDirect(128 << 10);
  private final ByteBuffer out = ByteBuffer.allocateDirect(128 << 10);
  private final byte[] copy = new byte[128 << 10];

  ZstdCompressor(int level) {
    context.setLevel(level).setChecksum(false);
  }

  @Override
  public void write(byte[] bytes, int offset, int length, ByteSink to) {
    for (int at = offset; at < offset + length; at += in.limit()) {
      in.clear().limit(Math.min(in.capacity(), offset + length - at));
      in.put(0, bytes, at, in.limit());
      while (in.hasRemaining()) {
        step(EndDirective.CONTINUE, to);
      }
    }
  }

  @Override
  public void finish(ByteSink to) {
    in.clear().limit(0);
    var done = false;
    while (!done) {
      done = step(EndDirective.END, to);
    }
  }

  private boolean step(EndDirective directive, ByteSink to) {
    out.clear();
    var done = context.compressDirectByteBufferStream(out, in, directive);
    out.flip();
    var count = out.limit();
    out.get(copy, 0, count);
    to.write(copy, 0, count);
    return done;
  }

  @Override
  public void close() {
    context.close();
  }
}
