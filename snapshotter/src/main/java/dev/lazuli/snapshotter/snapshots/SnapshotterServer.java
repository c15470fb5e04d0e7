package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.api.snapshots.SnapshotsGrpc;
import dev.lazuli.snapshotter.api.snapshots.StatRequest;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.status.LayerUse;
import dev.lazuli.snapshotter.status.Troubles;
import dev.lazuli.snapshotter.transport.UnixTransport;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
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

  private final SnapshotterOptions options;
  private final Snapshotter snapshotter;
  private final UnixTransport transport;
  private final Server server;
  private volatile boolean shown;

  private SnapshotterServer(
      SnapshotterOptions options, Snapshotter snapshotter, UnixTransport transport, Server server) {
    this.options = options;
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
    var banned = new BannedLayers(options.root().resolve("banned"));
    var server = prepare(options, layers, banned, metrics);
    try {
      server.serve();
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /**
   * Opens the snapshots and makes the socket under a name that no client knows. Nothing is asked of
   * {@code layers} before {@link #serve}.
   *
   * @param banned what has lied on this node
   * @throws IOException if the root cannot be used, another daemon uses it, or the socket is served
   *     by another
   */
  public static SnapshotterServer prepare(
      SnapshotterOptions options, RemoteLayers layers, BannedLayers banned, Metrics metrics)
      throws IOException {
    requirePlain(options.root());
    refuseIfServed(options.socket());
    var ownerOnly = PosixFilePermissions.fromString("rwx------");
    Files.createDirectories(options.root(), PosixFilePermissions.asFileAttribute(ownerOnly));
    Files.createDirectories(options.socket().toAbsolutePath().getParent());
    var snapshotter = Snapshotter.prepare(options, Clock.systemUTC(), layers, banned, metrics);
    var transport = UnixTransport.open("snapshots");
    try {
      var binding = hidden(options.socket());
      Files.deleteIfExists(binding);
      var server =
          transport
              .server(binding)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .addService(new SnapshotsService(snapshotter))
              .build()
              .start();
      Files.setPosixFilePermissions(binding, PosixFilePermissions.fromString("rw-------"));
      return new SnapshotterServer(options, snapshotter, transport, server);
    } catch (IOException | RuntimeException e) {
      transport.close();
      snapshotter.close();
      throw e;
    }
  }

  private static Path hidden(Path socket) {
    return socket.resolveSibling("." + socket.getFileName() + ".new");
  }

  /**
   * Starts to restore the layers that were mounted before, and shows the socket.
   *
   * @throws IOException if the snapshots cannot be read or the socket cannot be shown
   */
  public void serve() throws IOException {
    snapshotter.restore(options.retryInterval());
    Files.move(hidden(options.socket()), options.socket(), StandardCopyOption.ATOMIC_MOVE);
    shown = true;
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
  public Map<Digest, LayerUse> layerUses() throws IOException {
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

  /**
   * Takes away what is mounted for containers' user namespaces; what uses it keeps it.
   *
   * @throws IOException if the directory of these mounts cannot be read
   */
  public void unmountMapped() throws IOException {
    snapshotter.unmountMapped();
  }

  /**
   * Calls this server as a client does.
   *
   * @param limit how long to wait for the answer
   * @return whether it came
   */
  public boolean answers(Duration limit) {
    var channel = transport.channel(options.socket()).build();
    try {
      var _ =
          SnapshotsGrpc.newBlockingStub(channel)
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
              .stat(StatRequest.newBuilder().setKey("health").build());
      return true;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() == Status.Code.NOT_FOUND;
    } finally {
      channel.shutdownNow();
    }
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
    Files.deleteIfExists(shown ? options.socket() : hidden(options.socket()));
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
