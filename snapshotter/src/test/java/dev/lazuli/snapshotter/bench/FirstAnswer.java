package dev.lazuli.snapshotter.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Asks servers on this machine what their clients ask first, until one answers. */
enum FirstAnswer {
  NGINX(28080, "HTTP/1.1 200"),
  REDIS(28379, "+PONG"),
  POSTGRES(28432, "Z\0\0\0\5I"); // ready for a query, outside of a transaction

  private static final int PATIENCE_MILLIS = 1_000; // of one attempt
  private static final int PAUSE_MILLIS = 2;
  private static final int POSTGRES_PROTOCOL = 3 << 16;

  private final int port;
  private final String expected;

  FirstAnswer(int port, String expected) {
    this.port = port;
    this.expected = expected;
  }

  /** Returns the port of the machine on which the server listens. */
  int port() {
    return port;
  }

  /**
   * Waits for the answer.
   *
   * @throws IOException if there is none in time
   */
  void await(Duration limit) throws IOException {
    long end = System.nanoTime() + limit.toNanos();
    while (!answers()) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("no answer on port " + port + " in " + limit.toSeconds() + " s");
      }
      Bed.pause(PAUSE_MILLIS);
    }
  }

  /** Returns whether the server, or another one with the same port, answers now. */
  boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(question());
      var answer = new StringBuilder();
      int next;
      while (answer.indexOf(expected) < 0 && (next = socket.getInputStream().read()) >= 0) {
        answer.append((char) next);
      }
      return answer.indexOf(expected) >= 0;
    } catch (IOException notYet) {
      return false;
    }
  }

  private byte[] question() throws IOException {
    return switch (this) {
      case NGINX -> "GET /name HTTP/1.1\r\nHost: bench\r\n\r\n".getBytes(ISO_8859_1);
      case REDIS -> "PING\r\n".getBytes(ISO_8859_1);
      case POSTGRES -> startup();
    };
  }

  /** Length, version, and parameters that end with a zero, as in PostgreSQL's protocol 3.0. */
  private static byte[] startup() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var parameters = "user\0postgres\0database\0postgres\0\0".getBytes(ISO_8859_1);
    try (var data = new DataOutputStream(bytes)) {
      data.writeInt(parameters.length + 2 * Integer.BYTES);
      data.writeInt(POSTGRES_PROTOCOL);
      data.write(parameters);
    }
    return bytes.toByteArray();
  }
}
