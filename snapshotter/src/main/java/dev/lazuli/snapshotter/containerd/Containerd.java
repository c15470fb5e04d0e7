package dev.lazuli.snapshotter.containerd;

import com.google.protobuf.Empty;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.api.introspection.IntrospectionGrpc;
import dev.lazuli.snapshotter.api.introspection.PluginsRequest;
import dev.lazuli.snapshotter.api.version.VersionGrpc;
import dev.lazuli.snapshotter.transport.UnixTransport;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A client of one containerd, in one namespace. Safe for use by several threads; calls block. */
public final class Containerd implements AutoCloseable {
  private static final String SNAPSHOTTER_PLUGIN = "io.containerd.snapshotter.v1";
  private static final long CLOSE_SECONDS = 2;

  private final Path socket;
  private final UnixTransport transport;
  private final ManagedChannel channel;
  private final Session session;

  private Containerd(
      Path socket, UnixTransport transport, ManagedChannel channel, String namespace) {
    this.socket = socket;
    this.transport = transport;
    this.channel = channel;
    this.session = Session.of(channel, namespace);
  }

  /**
   * Makes a client; nothing is contacted yet.
   *
   * @param socket containerd's socket, usually {@code /run/containerd/containerd.sock}
   * @param namespace whose images and snapshots, usually {@code default}; Kubernetes uses {@code
   *     k8s.io}
   */
  public static Containerd at(Path socket, String namespace) {
    var transport = UnixTransport.open("containerd-client");
    return new Containerd(socket, transport, transport.channel(socket).build(), namespace);
  }

  /**
   * Returns containerd's version as it says it, for example {@code 1.7.24~ds1}.
   *
   * @throws IOException if none answers
   */
  public String version() throws IOException {
    var stub = VersionGrpc.newBlockingV2Stub(session.channel());
    return reached(() -> stub.version(Empty.getDefaultInstance()), "ask for its version")
        .getVersion();
  }

  /** Returns whether this containerd knows a snapshotter of this name. */
  public boolean hasSnapshotter(String name) throws IOException {
    return snapshotter(name).isPresent();
  }

  /**
   * Returns what containerd knows of a snapshotter; empty if it does not know it.
   *
   * @throws IOException if none answers
   */
  public Optional<SnapshotterPlugin> snapshotter(String name) throws IOException {
    var introspection = IntrospectionGrpc.newBlockingV2Stub(session.channel());
    var request =
        PluginsRequest.newBuilder()
            .addFilters("type==" + SNAPSHOTTER_PLUGIN + ",id==" + name)
            .build();
    return reached(() -> introspection.plugins(request), "look for snapshotter " + name)
        .getPluginsList()
        .stream()
        .findFirst()
        .map(SnapshotterPlugin::of);
  }

  private <T> T reached(Session.Call<T> call, String action) throws IOException {
    try {
      return Session.call(action, call);
    } catch (ContainerdException e) {
      if (e.code() == Status.Code.UNAVAILABLE) {
        throw new IOException("containerd does not answer on " + socket + ": " + e.getMessage(), e);
      }
      throw e;
    }
  }

  /**
   * Pulls an image: layers that the snapshotter can mount are mounted, the others are downloaded
   * and unpacked. When it returns, containers can be made of the image. Nothing of a pull that
   * fails is kept longer than containerd's next garbage collection.
   *
   * @throws ContainerdException if containerd refuses something
   * @throws IOException if the registry fails, or the image is malformed
   */
  public PulledImage pull(PullRequest request, RegistryClient registry, PullListener listener)
      throws IOException, InterruptedException {
    if (!hasSnapshotter(request.snapshotter())) {
      throw new IOException(
          "containerd has no snapshotter \""
              + request.snapshotter()
              + "\": its configuration must name it under proxy_plugins");
    }
    try (var lease = Lease.take(session)) {
      return new ImagePull(lease.session(), request, registry, listener).run();
    }
  }

  /**
   * Downloads what an image's content lacks in containerd, so that it can be exported, pushed, or
   * unpacked for another snapshotter. Nothing is unpacked.
   *
   * @return how many blobs were missing
   * @throws ContainerdException if containerd refuses something
   * @throws IOException if there is no such image, or the registry fails
   */
  public int completeContent(ImageReference image, RegistryClient registry, PullListener listener)
      throws IOException, InterruptedException {
    try (var lease = Lease.take(session)) {
      return new ContentCompletion(lease.session(), registry, listener).complete(image);
    }
  }

  /** Ends the connection. Idempotent. */
  @Override
  public void close() {
    channel.shutdownNow();
    try {
      var _ = channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    transport.close();
  }
}
