package dev.lazuli.registry.http;

import dev.lazuli.estargz.BlobSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends a blob as a request's body, one piece at a time, from the thread that waits for the
 * response: memory is the source's own piece, and the event loop never waits for a disk.
 */
final class BodyUpload {
  private final Connection connection;
  private final Exchange exchange;
  private final Duration idle;

  /**
   * @param idle how long the server may refuse to take a piece
   */
  BodyUpload(Connection connection, Exchange exchange, Duration idle) {
    this.connection = connection;
    this.exchange = exchange;
    this.idle = idle;
  }

  /**
   * Sends exactly {@code length} bytes, or stops early where the server has answered already or the
   * connection has failed: the exchange tells which.
   *
   * @throws IOException if the blob cannot be read, or the server takes nothing for too long
   */
  void send(BlobSource blob, long length) throws IOException {
    long sent = 0;
    try (var body = blob.open(0, length)) {
      for (@Nullable ByteBuffer piece; (piece = body.next()) != null; ) {
        sent += piece.remaining();
        if (exchange.isAnswered() || !connection.send(exchange, piece, idle)) {
          return;
        }
      }
    }
    if (sent != length) {
      throw new IOException("the blob has " + sent + " bytes, expected " + length);
    }
    connection.endBody(exchange);
  }
}
