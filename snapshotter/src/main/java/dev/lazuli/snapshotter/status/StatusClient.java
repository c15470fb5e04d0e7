package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Asks a daemon on this machine. */
public final class StatusClient {
  // A node with ten thousand layers needs about 5 MB.
  private static final int MAX_ANSWER_BYTES = 64 << 20;

  private static final int MAX_HEAD_BYTES = 8 << 10;

  /** A daemon that is stopped, or hangs, takes connections and says nothing. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Path socket;
  private final Duration patience;

  /** Makes a client of the daemon that serves {@code socket}. */
  public StatusClient(Path socket) {
    this(socket, PATIENCE);
  }

  /**
   * Makes a client with another patience.
   *
   * @param patience how long an answer to a look may take; what the daemon is told to do may take
   *     as long as it needs
   */
  StatusClient(Path socket, Duration patience) {
    this.socket = socket;
    this.patience = patience;
  }

  /**
   * Returns the daemon's status now.
   *
   * @throws IOException if no daemon answers, or not as expected
   */
  public NodeStatus status() throws IOException {
    return ask("GET", "/status", Query.NONE, NodeStatus.class);
  }

  /**
   * Returns the body at {@code path}.
   *
   * @throws IOException if no daemon answers, or not with success
   */
  public byte[] get(String path) throws IOException {
    return ask("GET", path, Query.NONE);
  }

  /**
   * Asks for something and returns the answer.
   *
   * @param method {@code GET} to look, {@code POST} to act
   * @param type what the answer's JSON means
   * @throws IOException if no daemon answers, or refuses; then the message is the daemon's
   */
  public <T> T ask(String method, String path, Query query, Class<T> type) throws IOException {
    try {
      return JsonMapper.shared().readValue(ask(method, path, query), type);
    } catch (JacksonException e) {
      throw new IOException(
          "the daemon at " + socket + " sent an answer that this version does not understand", e);
    }
  }

  /**
   * Gives the daemon credentials of an image.
   *
   * @param reference the image's
   * @param user empty for an identity token
   * @param secret the password or the token
   * @throws IOException if no daemon answers, or it does not take them
   */
  public void give(String reference, String user, String secret) throws IOException {
    var pair = Base64.getEncoder().encodeToString((user + ":" + secret).getBytes(UTF_8));
    var query = new Query(Map.of("image", reference));
    var _ = ask("POST", "/credentials", query, "Authorization: Basic " + pair + "\r\n");
  }

  private byte[] ask(String method, String path, Query query) throws IOException {
    return ask(method, path, query, "");
  }

  private byte[] ask(String method, String path, Query query, String header) throws IOException {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      if (method.equals("GET")) {
        closeAfterPatience(channel);
      }
      var request =
          method
              + " "
              + path
              + query.encoded()
              + " HTTP/1.1\r\nHost: localhost\r\n"
              + header
              + "\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(UTF_8)));
      var in = new BufferedInputStream(Channels.newInputStream(channel));
      var head = readHead(in);
      var body = in.readNBytes(MAX_ANSWER_BYTES);
      if (head.startsWith("HTTP/1.1 200 ")) {
        return body;
      }
      throw new IOException(
          head.startsWith("HTTP/1.1 ")
              ? new String(body, UTF_8).strip()
              : method + " " + path + " at " + socket + ": no answer");
    } catch (AsynchronousCloseException e) {
      throw new IOException(
          "the daemon at %s has not answered for %d seconds: it is stopped, or hangs"
              .formatted(socket, patience.toSeconds()),
          e);
    } catch (SocketException e) {
      throw new IOException(
          "the daemon does not answer at " + socket + ": " + why(String.valueOf(e.getMessage())),
          e);
    }
  }

  /** The kernel's words say what failed; an operator wants to know what to do. */
  private static String why(String message) {
    if (message.contains("Permission denied")) {
      return "only root may ask it: use sudo";
    }
    if (message.contains("No such file")) {
      return "no daemon runs with this state directory: systemctl start lazuli, or give --state";
    }
    return message.contains("Connection refused")
        ? "it has stopped: journalctl -u lazuli says why"
        : message;
  }

  /** A channel of a unix socket has no time limit of its own. */
  private void closeAfterPatience(SocketChannel channel) {
    Thread.ofVirtual()
        .name("status-patience")
        .start(
            () -> {
              try {
                Thread.sleep(patience);
                channel.close();
              } catch (InterruptedException | IOException e) {
                // Then the answer has come, or nobody waits for it.
              }
            });
  }

  private static String readHead(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.length() < MAX_HEAD_BYTES && head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      head.append((char) next);
    }
    return head.toString();
  }
}
