package dev.lazuli.snapshotter.node;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.LayerActions;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The layers of a node, or the reason why it mounts none lazily, which must not keep it from
 * pulling images. Owns the {@link LayerService}. Set up by one thread, then used by any.
 */
final class NodeLayers implements RemoteLayers, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeLayers.class);

  /** What opens the service. */
  interface Opening {
    LayerService open() throws IOException;
  }

  private final DescriptorReserve descriptors = new DescriptorReserve();
  private volatile @Nullable LayerService service;
  private volatile String noLazyMounts = "";

  /** Opens the service and changes nothing outside this process but its own files. */
  void open(Opening opening) {
    try {
      service = opening.open();
    } catch (IOException e) {
      without(e);
    }
  }

  /** Opens the layers that an earlier daemon left mounted. */
  void adopt() throws IOException {
    var opened = service;
    if (opened != null) {
      opened.adopt();
    }
  }

  /**
   * Takes an earlier daemon's FUSE session over, or starts one.
   *
   * @throws IOException if there is one that could not be taken over: it is left to the next try
   */
  void takeOver() throws IOException {
    var opened = service;
    if (opened == null) {
      return;
    }
    try {
      opened.takeOver();
    } catch (IOException e) {
      if (opened.followsAnother()) {
        throw e;
      }
      service = null;
      opened.close();
      without(e);
    }
  }

  private void without(IOException reason) {
    noLazyMounts = String.valueOf(reason.getMessage());
    log.error("no layer is mounted lazily: {}", noLazyMounts);
  }

  Optional<LayerService> service() {
    return Optional.ofNullable(service);
  }

  /** Returns what operators may see and do; empty where nothing is mounted lazily. */
  Optional<LayerActions> actions() {
    return service().map(opened -> opened.layers().actions());
  }

  /** Returns why nothing is mounted lazily; empty if it is. */
  String noLazyMounts() {
    return noLazyMounts;
  }

  /** Returns what an operator should know that is not as it could be. */
  List<String> warnings() {
    return service().map(LayerService::warnings).orElse(List.of());
  }

  /** Returns the bytes of disk that all stored layers take. */
  long diskBytes() {
    return service().map(LayerService::diskBytes).orElse(0L);
  }

  @Override
  public RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
    try (var _ = descriptors.mounting()) {
      return layers().mount(request);
    }
  }

  @Override
  public RemoteLayer mountAhead(LayerRequest request) throws IOException, InterruptedException {
    try (var _ = descriptors.mounting()) {
      return layers().mountAhead(request);
    }
  }

  @Override
  public RemoteLayer pull(LayerRequest request, boolean isAwaited)
      throws IOException, InterruptedException {
    descriptors.check();
    return layers().pull(request, isAwaited);
  }

  @Override
  public RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException {
    return layers().restore(request);
  }

  @Override
  public List<Digest> listed(LayerRequest request) throws IOException {
    return layers().listed(request);
  }

  @Override
  public void onFinding(Findings.Listener listener) {
    service().ifPresent(opened -> opened.layers().onFinding(listener));
  }

  @Override
  public void usesChanged(Digest digest) {
    service().ifPresent(opened -> opened.layers().usesChanged(digest));
  }

  private RemoteLayers layers() throws IOException {
    var opened = service;
    if (opened == null) {
      throw new IOException("this daemon mounts nothing lazily: " + noLazyMounts);
    }
    return opened.layers();
  }

  /** Leaves mounts and waiting readers to the next daemon. */
  void leave() {
    service().ifPresent(LayerService::handOver);
  }

  /** Unmounts everything. */
  @Override
  public void close() {
    service().ifPresent(LayerService::close);
  }
}
