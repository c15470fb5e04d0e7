package dev.lazuli.snapshotter.status;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests for a few fixed paths by HTTP/1.1, on a unix socket or a TCP port: for
 * operators, and sized for a handful of clients. One request for each connection; a virtual thread
 * serves it. Thread-safe.
 */
public final class StatusServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StatusServer.class);
  private static final int MAX_CLIENTS = 16;

  private static final Duration ACCEPT_PAUSE = Duration.ofSeconds(1);

  /** One line in half a minute. */
  private static final int FAILURES_A_LINE = 30;

  /** Clients that may wait for their turn; a unix socket refuses more at once. */
  private static final int BACKLOG = 256;

  private final ServerSocketChannel server;
  private final SocketAddress address;
  private final Semaphore clients = new Semaphore(MAX_CLIENTS);

  private StatusServer(ServerSocketChannel server, SocketAddress address) {
    this.server = server;
    this.address = address;
  }

  /**
   * Takes a unix socket that only its owner may open: whoever can connect may act. A socket that
   * nobody serves any more is replaced. Clients wait until {@link #serve}.
   *
   * @param socket path of the socket, at most 107 bytes
   * @throws IOException if the socket is being served by another process or cannot be made
   */
  public static StatusServer bind(Path socket) throws IOException {
    var address = UnixDomainSocketAddress.of(socket);
    removeStale(socket, address);
    var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(address, BACKLOG);
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      return new StatusServer(channel, channel.getLocalAddress());
    } catch (IOException e) {
      channel.close();
      throw new IOException("cannot serve status on " + socket + ": " + e.getMessage(), e);
    }
  }

  /**
   * Takes a TCP address, which anybody may reach. Clients wait until {@link #serve}.
   *
   * @param address where to listen; port 0 lets the system choose
   * @throws IOException if the address cannot be had
   */
  public static StatusServer bind(InetSocketAddress address) throws IOException {
    return bind(address, "metrics");
  }

  /** Takes a TCP address likewise; {@code what} says in the message of a failure what it is for. */
  public static StatusServer bind(InetSocketAddress address, String what) throws IOException {
    var channel = ServerSocketChannel.open();
    try {
      channel.bind(address, BACKLOG);
      return new StatusServer(channel, channel.getLocalAddress());
    } catch (IOException | UnresolvedAddressException e) {
      channel.close();
      throw new IOException("cannot serve " + what + " on " + address + ": " + e, e);
    }
  }

  /** Takes a unix socket as {@link #bind(Path)} does, and serves. */
  public static StatusServer onSocket(Path socket, Routes routes) throws IOException {
    return bind(socket).serve(routes);
  }

  /** Takes a TCP address as {@link #bind(InetSocketAddress)} does, and serves. */
  public static StatusServer onAddress(InetSocketAddress address, Routes routes)
      throws IOException {
    return bind(address).serve(routes);
  }

  /**
   * Answers from now on; to be called once.
   *
   * @param routes what to answer; on a TCP address they should only look
   */
  public StatusServer serve(Routes routes) {
    Thread.ofVirtual().name("status-accept").start(() -> acceptAll(routes));
    return this;
  }

  private static void removeStale(Path socket, UnixDomainSocketAddress address) throws IOException {
    if (!Files.exists(socket)) {
      return;
    }
    try (var probe = SocketChannel.open(address)) {
      throw new IOException(
          "another daemon serves " + socket + (probe.isConnected() ? "" : " already"));
    } catch (ConnectException e) {
      Files.deleteIfExists(socket);
    }
  }

  /** Returns where clients connect to. */
  public SocketAddress address() {
    return address;
  }

  private void acceptAll(Routes routes) {
    int failures = 0;
    while (server.isOpen()) {
      try {
        clients.acquireUninterruptibly();
        var client = server.accept();
        failures = 0;
        start(client, routes);
      } catch (AsynchronousCloseException e) {
        return;
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        clients.release();
        if (failures++ % FAILURES_A_LINE == 0) {
          log.atWarn().setCause(e).log("status server cannot accept connections");
        }
        pause();
      }
    }
  }

  /** A client for whom there is no thread is sent away. */
  private void start(SocketChannel client, Routes routes) throws IOException {
    try {
      Thread.ofVirtual().name("status-client").start(() -> serve(client, routes));
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      client.close();
      throw new IOException("no thread for a client", e);
    }
  }

  /** What keeps a connection from being accepted, such as too many open files, lasts a while. */
  private static void pause() {
    try {
      Thread.sleep(ACCEPT_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel client, Routes routes) {
    try (client) {
      new StatusExchange(client, routes).run();
    } catch (IOException e) {
      log.atDebug().setCause(e).log("status client went away");
    } finally {
      clients.release();
    }
  }

  /** Stops listening and removes the socket; requests being answered still end. Idempotent. */
  @Override
  public void close() throws IOException {
    if (!server.isOpen()) {
      return;
    }
    server.close();
    if (address instanceof UnixDomainSocketAddress unix) {
      Files.deleteIfExists(unix.getPath());
    }
  }
}
