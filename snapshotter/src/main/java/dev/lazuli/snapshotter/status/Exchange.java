package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;

/**
 * One request and its answer. The connection is closed by a timer when the client takes too long
 * for either.
 */
final class Exchange {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MAX_REQUEST_BYTES = 8 << 10;
  private static final Content NOT_FOUND = Content.text("not found\n");
  private static final Content BAD_REQUEST = Content.text("only GET is understood\n");

  private final SocketChannel client;
  private final Map<String, Content> contents;

  Exchange(SocketChannel client, Map<String, Content> contents) {
    this.client = client;
    this.contents = contents;
  }

  void run() throws IOException {
    var timer = Thread.ofVirtual().name("status-timer").start(this::closeLate);
    try {
      answer(readHead());
    } finally {
      timer.interrupt();
    }
  }

  /** Channels have no read timeout; closing one from outside ends whatever waits on it. */
  private void closeLate() {
    try {
      Thread.sleep(PATIENCE);
      client.close();
    } catch (InterruptedException | IOException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads to the empty line that ends the head; a body is never read. */
  private String readHead() throws IOException {
    var head = ByteBuffer.allocate(MAX_REQUEST_BYTES);
    while (head.hasRemaining() && client.read(head) >= 0) {
      var text = ISO_8859_1.decode(head.duplicate().flip()).toString();
      if (text.contains("\r\n\r\n") || text.contains("\n\n")) {
        return text;
      }
    }
    return "";
  }

  private void answer(String head) throws IOException {
    int end = head.indexOf(' ', 4);
    if (!head.startsWith("GET ") || end < 0) {
      write("400 Bad Request", BAD_REQUEST);
      return;
    }
    var path = head.substring(4, end).replaceFirst("\\?.*", "");
    var content = contents.get(path);
    if (content == null) {
      write("404 Not Found", NOT_FOUND);
    } else {
      write("200 OK", content);
    }
  }

  private void write(String status, Content content) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Channels.newOutputStream(client), 16 << 10)) {
      var head =
          "HTTP/1.1 "
              + status
              + "\r\nContent-Type: "
              + content.type()
              + "\r\nConnection: close\r\n\r\n";
      out.write(head.getBytes(UTF_8));
      content.write(out);
    }
  }
}
