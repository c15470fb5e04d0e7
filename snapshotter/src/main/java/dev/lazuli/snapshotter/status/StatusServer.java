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
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests for a few fixed paths by HTTP/1.1, on a unix socket or a TCP port: the
 * operator's window, sized for a handful of clients. One request for each connection; a virtual
 * thread serves it. Thread-safe.
 */
public final class StatusServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StatusServer.class);
  private static final int MAX_CLIENTS = 16;

  /** Clients that may wait for their turn; a unix socket refuses more at once. */
  private static final int BACKLOG = 256;

  private final ServerSocketChannel server;
  private final SocketAddress address;
  private final Routes routes;
  private final Semaphore clients = new Semaphore(MAX_CLIENTS);

  private StatusServer(ServerSocketChannel server, SocketAddress address, Routes routes) {
    this.server = server;
    this.address = address;
    this.routes = routes;
  }

  /**
   * Serves on a unix socket that only its owner may open: who reaches it may act. A socket that
   * nobody serves any more is replaced.
   *
   * @param socket path of the socket, at most 107 bytes
   * @param routes what to answer
   * @throws IOException if the socket is being served by another process or cannot be made
   */
  public static StatusServer onSocket(Path socket, Routes routes) throws IOException {
    var address = UnixDomainSocketAddress.of(socket);
    removeStale(socket, address);
    var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(address, BACKLOG);
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      return start(channel, routes);
    } catch (IOException e) {
      channel.close();
      throw new IOException("cannot serve status on " + socket + ": " + e.getMessage(), e);
    }
  }

  /**
   * Serves on a TCP address, which anybody may reach: {@code routes} should only look.
   *
   * @param address where to listen; port 0 lets the system choose
   * @param routes what to answer
   * @throws IOException if the address cannot be had
   */
  public static StatusServer onAddress(InetSocketAddress address, Routes routes)
      throws IOException {
    var channel = ServerSocketChannel.open();
    try {
      channel.bind(address, BACKLOG);
      return start(channel, routes);
    } catch (IOException | UnresolvedAddressException e) {
      channel.close();
      throw new IOException("cannot serve metrics on " + address + ": " + e, e);
    }
  }

  private static StatusServer start(ServerSocketChannel channel, Routes routes) throws IOException {
    var server = new StatusServer(channel, channel.getLocalAddress(), routes);
    Thread.ofVirtual().name("status-accept").start(server::acceptAll);
    return server;
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

  private void acceptAll() {
    while (server.isOpen()) {
      try {
        clients.acquireUninterruptibly();
        var client = server.accept();
        Thread.ofVirtual().name("status-client").start(() -> serve(client));
      } catch (AsynchronousCloseException e) {
        return;
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        clients.release();
        log.atWarn().setCause(e).log("status server cannot accept a connection");
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      new Exchange(client, routes).run();
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
