package dev.lazuli.snapshotter.share;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.index.IndexFacts;
import dev.lazuli.registry.model.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Fetches an index from a registry, its first bytes first. For one thread. */
final class IndexFetch implements AutoCloseable {
  private final Descriptor descriptor;
  private final BlobStream stream;
  private ByteBuffer head = ByteBuffer.allocate(0);

  IndexFetch(BlobSource blob, Descriptor descriptor) throws IOException {
    this.descriptor = descriptor;
    this.stream = blob.open(0, descriptor.size());
  }

  /**
   * Returns what the index says of itself; not compared with its digest yet.
   *
   * @throws IOException if it is not an index of the layer
   */
  IndexFacts facts(Digest layer) throws IOException {
    head = ByteBuffer.allocate((int) Math.min(IndexFacts.BYTES, descriptor.size()));
    head.limit(0);
    while (head.limit() < head.capacity()) {
      take();
    }
    return IndexFacts.of(head.array(), descriptor.size(), layer.toString());
  }

  /** Adds a piece to the head; what is too much is kept, too. */
  private void take() throws IOException {
    var piece = stream.next();
    if (piece == null) {
      throw new EOFException("index " + descriptor.digest() + " ends early");
    }
    int end = head.limit() + piece.remaining();
    if (end > head.capacity()) {
      var larger = ByteBuffer.allocate(end);
      larger.put(0, head.array(), 0, head.limit());
      head = larger;
    }
    head.limit(end).put(end - piece.remaining(), piece, piece.position(), piece.remaining());
  }

  /**
   * Writes the whole index to a new file.
   *
   * @throws IOException if it is not what its digest stands for
   */
  void to(Path file) throws IOException {
    var sha256 = Digest.newSha256();
    try (var out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (ByteBuffer piece = head; piece != null; piece = stream.next()) {
        if (Thread.interrupted()) {
          throw new InterruptedIOException("the request for the index was cancelled");
        }
        sha256.update(piece.duplicate());
        while (piece.hasRemaining()) {
          int _ = out.write(piece);
        }
      }
    }
    if (!Digest.ofSha256(sha256.digest()).equals(descriptor.digest())) {
      throw new IOException("index " + descriptor.digest() + " is not what was sent");
    }
  }

  @Override
  public void close() {
    stream.close();
  }
}
