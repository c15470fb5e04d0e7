package dev.lazuli.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address that swallows what is sent to it, as a host that is down behind a firewall does: a
 * listener that accepts nothing and whose queue is full, so that Linux drops every further SYN.
 */
final class BlackHole implements AutoCloseable {
  private static final int QUEUE = 1;

  /** Linux queues one more than asked for; more than that have to be turned away. */
  private static final int MOST_CONNECTIONS = 64;

  private static final int PROBE_MILLIS = 250;

  private final ServerSocket listener =
      new ServerSocket(0, QUEUE, InetAddress.getLoopbackAddress());
  private final List<Socket> queued = new ArrayList<>();

  /** Opens a black hole: connections are made until two in a row find nobody. */
  BlackHole() throws IOException {
    int unanswered = 0;
    while (unanswered < 2) {
      if (queued.size() == MOST_CONNECTIONS) {
        throw new IOException("a queue of " + QUEUE + " took " + MOST_CONNECTIONS);
      }
      unanswered = connects() ? 0 : unanswered + 1;
    }
  }

  private boolean connects() throws IOException {
    var socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(listener.getInetAddress(), port()), PROBE_MILLIS);
      queued.add(socket);
      return true;
    } catch (SocketTimeoutException e) {
      socket.close();
      return false;
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  String host() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : queued) {
      socket.close();
    }
    listener.close();
  }
}
