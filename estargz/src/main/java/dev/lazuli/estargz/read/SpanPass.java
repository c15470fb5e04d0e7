package dev.lazuli.estargz.read;

import dev.lazuli.estargz.LayerFormatException;
import java.io.EOFException;
import java.io.IOException;

/**
 * A pass over a range of a layer whose spans have digests: chunks are held until the span that they
 * lie in has passed, and was right.
 */
final class SpanPass {
  private final DecodePass pass;
  private final BlobCursor in;
  private final SpanCheck check;
  private int span = -1;

  SpanPass(DecodePass pass, BlobCursor in, SpanCheck check) {
    this.pass = pass;
    this.in = in;
    this.check = check;
  }

  /** Decodes chunks, which come in the order of the blob. */
  void run(int[] chunks) throws IOException {
    boolean done = false;
    try {
      for (int chunk : chunks) {
        enter(chunk);
        pass.decode(chunk, pass.sink()::hold);
      }
      finish();
      done = true;
    } finally {
      if (!done) {
        pass.sink().abort();
      }
    }
  }

  private void enter(int chunk) throws IOException {
    var table = pass.chunks();
    long offset = table.chunkBlobOffset(chunk);
    int next = table.spans().find(offset);
    if (next == table.spans().count() || table.spans().start(next) != offset) {
      throw new LayerFormatException(
          table.layer(), "chunk " + chunk + " blob offset", offset, "the start of a span");
    }
    if (next != span) {
      finish();
      span = next;
    }
  }

  /** Has the rest of the span pass, but for the byte that the next one may begin with. */
  private void finish() throws IOException {
    if (span < 0) {
      return;
    }
    long end = pass.chunks().spans().end(span);
    in.end(end);
    if (in.position() < end - 1) {
      in.skipTo(end - 1);
    }
    if (!check.hasPassed(span) && in.piece() == null) {
      throw new EOFException("blob range ends before its span does, at " + end);
    }
    if (check.wrong().isPresent()) {
      throw check.wrong().get();
    }
    int other = pass.sink().commitHeld();
    if (other >= 0) {
      throw new LayerFormatException(
          pass.chunks().layer(), "chunk " + other, "another than before", "the same each time");
    }
    span = -1;
  }
}
