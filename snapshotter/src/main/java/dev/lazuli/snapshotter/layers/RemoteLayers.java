package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import java.io.IOException;
import java.util.List;

/**
 * The lazily mounted layers of this node, as the snapshots service needs them.
 *
 * <p>Layers are shared by digest: over snapshots, references and namespaces. Every successful call
 * of {@link #mount} or {@link #restore} returns a claim of its own; a layer stays mounted while any
 * claim on it is open. Who holds claims is not stored here: the snapshot store is the only durable
 * record, and after a restart the service takes each claim again with {@link #restore}. Whatever
 * nobody claimed by then may be evicted.
 *
 * <p>All methods may be called from any thread and at the same time; calls for one digest join one
 * flight.
 */
public interface RemoteLayers {
  /**
   * Mounts a layer: resolves it at its registry, indexes it and mounts the result, or takes what
   * this node already has. Returns once the layer can be read; its content may still be remote.
   *
   * @throws NoIndexException when it has no index that can be believed; {@link #pull} may be tried
   * @throws IOException when the layer cannot be mounted lazily for whatever reason, the message
   *     saying which; containerd then unpacks the layer itself
   * @throws InterruptedException when the caller no longer waits
   */
  RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException;

  /**
   * Mounts a layer that a client will ask for soon, before the client has said the digest of its
   * table of contents. Whoever shows the layer to anybody calls {@link #mount} first, which
   * compares the digest.
   *
   * @throws NoIndexException when it is known to have no index; {@link #pull} may be tried
   * @throws IOException when the layer cannot be mounted lazily
   * @throws InterruptedException when the caller no longer waits
   */
  RemoteLayer mountAhead(LayerRequest request) throws IOException, InterruptedException;

  /**
   * Mounts a layer that has no index, once it was pulled whole and is what its digest stands for.
   * That may take minutes.
   *
   * @param isAwaited whether a client waits for just this layer; those come first
   * @throws IOException when it cannot be pulled or mounted, or this node pulls no layers whole
   * @throws InterruptedException when the caller no longer waits; others get the layer all the same
   */
  RemoteLayer pull(LayerRequest request, boolean isAwaited)
      throws IOException, InterruptedException;

  /**
   * Mounts a layer again that was mounted when the daemon stopped. What the node has on disk is
   * enough: a complete layer needs no registry.
   *
   * @throws IOException when the layer cannot be mounted now; the service tries again when the
   *     layer is used
   * @throws InterruptedException when the caller no longer waits
   */
  RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException;

  /**
   * Returns the layers of the image that a request is made for, from the bottom up; empty if the
   * request does not say by what manifest.
   *
   * @throws IOException if the manifest cannot be read
   */
  List<Digest> listed(LayerRequest request) throws IOException;

  /** Takes one more who is told from now on what is found of layers. */
  void onFinding(Findings.Listener listener);

  /**
   * Must be called when a use of a layer has come or gone, or was found to be wrong. While all uses
   * are wrong, all reads of the layer are answered with errors.
   */
  void usesChanged(Digest digest);

  /**
   * Returns layers that refuse everything: each image is then pulled and unpacked by containerd.
   */
  static RemoteLayers none() {
    return new RemoteLayers() {
      @Override
      public RemoteLayer mount(LayerRequest request) throws IOException {
        throw new IOException("lazy mounts are switched off");
      }

      @Override
      public RemoteLayer mountAhead(LayerRequest request) throws IOException {
        return mount(request);
      }

      @Override
      public RemoteLayer restore(LayerRequest request) throws IOException {
        return mount(request);
      }

      @Override
      public RemoteLayer pull(LayerRequest request, boolean isAwaited) throws IOException {
        throw new NoIndexException(
            request.digest(), "it has no index, and pulling layers whole is switched off");
      }

      @Override
      public List<Digest> listed(LayerRequest request) {
        return List.of();
      }

      @Override
      public void onFinding(Findings.Listener listener) {}

      @Override
      public void usesChanged(Digest digest) {}
    };
  }
}
