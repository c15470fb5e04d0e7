package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.containerd.UnixTransport;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.status.LayerUse;
import dev.lazuli.snapshotter.status.Troubles;
import io.grpc.Server;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The snapshots service on a unix socket. The socket appears under its name when calls are served,
 * and nobody but its owner can connect to it. Closing waits for running calls, five seconds at
 * most; mounted layers stay mounted.
 */
public final class SnapshotterServer implements AutoCloseable {
  private static final long GRACE_SECONDS = 5;

  private final Path socket;
  private final Snapshotter snapshotter;
  private final UnixTransport transport;
  private final Server server;

  private SnapshotterServer(
      Path socket, Snapshotter snapshotter, UnixTransport transport, Server server) {
    this.socket = socket;
    this.snapshotter = snapshotter;
    this.transport = transport;
    this.server = server;
  }

  /**
   * Starts to serve. Layers that were mounted before are restored meanwhile.
   *
   * @throws IOException if the root cannot be used, another daemon uses it, or the socket is served
   *     by another
   */
  public static SnapshotterServer start(SnapshotterOptions options, RemoteLayers layers)
      throws IOException {
    return start(options, layers, new Metrics());
  }

  /** Starts to serve, as the other does, and records each wish for a lazy mount. */
  public static SnapshotterServer start(
      SnapshotterOptions options, RemoteLayers layers, Metrics metrics) throws IOException {
    requirePlain(options.root());
    refuseIfServed(options.socket());
    var ownerOnly = PosixFilePermissions.fromString("rwx------");
    Files.createDirectories(options.root(), PosixFilePermissions.asFileAttribute(ownerOnly));
    Files.createDirectories(options.socket().toAbsolutePath().getParent());
    var snapshotter = Snapshotter.open(options, Clock.systemUTC(), layers, metrics);
    var transport = UnixTransport.open("snapshots");
    try {
      var binding = options.socket().resolveSibling("." + options.socket().getFileName() + ".new");
      Files.deleteIfExists(binding);
      var server =
          transport
              .server(binding)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .addService(new SnapshotsService(snapshotter))
              .build()
              .start();
      Files.setPosixFilePermissions(binding, PosixFilePermissions.fromString("rw-------"));
      Files.move(binding, options.socket(), StandardCopyOption.ATOMIC_MOVE);
      return new SnapshotterServer(options.socket(), snapshotter, transport, server);
    } catch (IOException | RuntimeException e) {
      transport.close();
      snapshotter.close();
      throw e;
    }
  }

  // These separate and escape directories in overlayfs's options.
  private static void requirePlain(Path root) throws IOException {
    var path = root.toString();
    if (!root.isAbsolute() || path.contains(":") || path.contains(",") || path.contains("\\")) {
      throw new IOException(
          "the root directory must be an absolute path without ':', ',' and '\\': " + path);
    }
  }

  private static void refuseIfServed(Path socket) throws IOException {
    if (!Files.exists(socket)) {
      return;
    }
    try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException _) {
      return; // Stale: nobody listens.
    }
    throw new IOException("another daemon serves " + socket);
  }

  /** Returns the layers that could not be mounted lazily or restored. */
  public Troubles troubles() {
    return snapshotter.troubles();
  }

  /**
   * Returns the layers that snapshots need, by digest, whether or not they are mounted.
   *
   * @throws IOException if the snapshots cannot be read
   */
  public Map<String, LayerUse> layerUses() throws IOException {
    return snapshotter.layerUses();
  }

  /**
   * Returns normally if the snapshots can be read.
   *
   * @throws IOException if they cannot
   */
  public void check() throws IOException {
    snapshotter.check();
  }

  /**
   * Frees what removed snapshots left, as containerd's Cleanup does.
   *
   * @throws IOException if the snapshots cannot be read
   */
  public void cleanup() throws IOException {
    snapshotter.cleanup();
  }

  /** Waits until the server was closed. */
  public void awaitTermination() throws InterruptedException {
    server.awaitTermination();
  }

  /** Stops serving and removes the socket. Idempotent. */
  @Override
  public void close() throws IOException {
    if (server.isShutdown()) {
      return;
    }
    Files.deleteIfExists(socket);
    server.shutdown();
    try {
      if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      transport.close();
      snapshotter.close();
    }
  }
}
