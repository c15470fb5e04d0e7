package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its answer. The connection is closed by a timer when the client takes too long
 * for either.
 */
final class StatusExchange {
  private static final Logger log = LoggerFactory.getLogger(StatusExchange.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MAX_REQUEST_BYTES = 8 << 10;
  private final SocketChannel client;
  private final Routes routes;

  /** Whether the answer has no body. */
  private boolean headOnly;

  StatusExchange(SocketChannel client, Routes routes) {
    this.client = client;
    this.routes = routes;
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
    headOnly = head.startsWith("HEAD ");
    Content content;
    try {
      content = made(handle(head));
    } catch (RequestException e) {
      refuse(e.reason(), e.getMessage());
      return;
    } catch (IOException e) {
      refuse(Reason.FAILED, e.getMessage());
      return;
    } catch (RuntimeException e) { // Top of the thread: the client must get an answer.
      log.atError().setCause(e).log("a status request failed");
      refuse(Reason.FAILED, e.toString());
      return;
    }
    write("200 OK", content);
  }

  /** Makes the body now: after a head that says OK it would be too late to say that it failed. */
  private static Content made(Content content) throws IOException {
    var body = new ByteArrayOutputStream();
    content.write(body);
    return Content.of(content.type(), body::writeTo);
  }

  private Content handle(String head) throws RequestException, IOException {
    var words = head.lines().findFirst().orElse("").split(" ", -1);
    if (words.length != 3) {
      throw new RequestException(Reason.BAD_REQUEST, "not an HTTP/1.1 request");
    }
    var url = words[1].split("\\?", 2);
    var query = url.length == 1 ? Query.NONE : Query.parse(url[1]);
    return routes.find(words[0], url[0], header(head, "authorization")).answer(query);
  }

  private static Optional<String> header(String head, String name) {
    return head.lines()
        .skip(1)
        .map(line -> line.split(":", 2))
        .filter(parts -> parts.length == 2 && parts[0].strip().equalsIgnoreCase(name))
        .map(parts -> parts[1].strip())
        .findFirst();
  }

  private void refuse(Reason reason, @Nullable String message) throws IOException {
    var words = message == null ? "reason unknown" : message;
    var challenge = reason == Reason.UNAUTHORIZED ? "\r\nWWW-Authenticate: " + words : "";
    write(reason.line() + challenge, Content.text(words + "\n"));
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
      if (!headOnly) {
        content.write(out);
      }
    }
  }
}
