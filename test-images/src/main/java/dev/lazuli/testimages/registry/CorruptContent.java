package dev.lazuli.testimages.registry;

import dev.lazuli.demo.registry.BlobContent;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A blob some of whose bytes are inverted. */
record CorruptContent(BlobContent blob, Fault.WrongBytes wrong) implements BlobContent {
  @Override
  public long size() {
    return blob.size();
  }

  @Override
  public void read(long offset, ByteBuffer target) throws IOException {
    var start = target.position();
    var from = Math.max(wrong.offset(), offset);
    var to = Math.min(wrong.offset() + wrong.length(), offset + target.remaining());
    blob.read(offset, target);
    for (var at = from; at < to; at++) {
      var index = start + (int) (at - offset);
      target.put(index, (byte) ~target.get(index));
    }
  }
}
