package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Asks a daemon on this machine. */
public final class StatusClient {
  // A node with ten thousand layers needs about 5 MB.
  private static final int MAX_ANSWER_BYTES = 64 << 20;

  private final Path socket;

  /** Makes a client of the daemon that serves {@code socket}. */
  public StatusClient(Path socket) {
    this.socket = socket;
  }

  /**
   * Returns the daemon's status now.
   *
   * @throws IOException if no daemon answers, or not as expected
   */
  public NodeStatus status() throws IOException {
    try {
      return JsonMapper.shared().readValue(get("/status"), NodeStatus.class);
    } catch (JacksonException e) {
      throw new IOException("the daemon at " + socket + " answers in another version's terms", e);
    }
  }

  /**
   * Returns the body at {@code path}.
   *
   * @throws IOException if no daemon answers, or not with success
   */
  public byte[] get(String path) throws IOException {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      var request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(UTF_8)));
      return body(Channels.newInputStream(channel).readNBytes(MAX_ANSWER_BYTES), path);
    } catch (SocketException e) {
      throw new IOException("no daemon answers at " + socket + " (" + e.getMessage() + ")", e);
    }
  }

  private byte[] body(byte[] answer, String path) throws IOException {
    var text = new String(answer, UTF_8);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0 || !text.startsWith("HTTP/1.1 200 ")) {
      throw new IOException(
          "GET " + path + " at " + socket + ": " + text.lines().findFirst().orElse("no answer"));
    }
    return text.substring(end + 4).getBytes(UTF_8);
  }
}
