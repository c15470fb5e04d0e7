package dev.lazuli.snapshotter.registry;

import static java.util.Objects.requireNonNull;

import dev.lazuli.estargz.BlobSource;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The node's way to registries. One client serves every image and layer of the node: connections,
 * tokens and redirect targets are shared by all of them. All calls block, are meant for virtual
 * threads and may be made from any number of them; none may be made from an event loop.
 *
 * <p>A call asks the reference's mirrors in order and the registry last, each several times where
 * the failure may pass. What it returns was checked against its digest.
 */
@SuppressWarnings("DoNotCallSuggester") // until the calls are built
public final class RegistryClient implements AutoCloseable {
  private final RegistryOptions options;

  /** Makes a client; nothing is contacted yet. */
  public RegistryClient(RegistryOptions options) {
    this.options = requireNonNull(options);
  }

  /**
   * Finds out which manifest a reference names.
   *
   * @return the manifest's type, digest and size
   * @throws RegistryException if no host gave an answer
   */
  public Descriptor resolve(ImageReference reference) throws IOException {
    throw unfinished("resolve", reference.toString());
  }

  /**
   * Fetches the manifest or index a reference names.
   *
   * @throws RegistryException if no host gave it, if it is larger than {@link
   *     RegistryOptions#maxManifestBytes}, has the wrong digest or is no manifest
   */
  public ManifestContent manifest(ImageReference reference) throws IOException {
    throw unfinished("manifest", reference.toString());
  }

  /**
   * Fetches a manifest that an index of {@code reference}'s repository lists.
   *
   * @throws RegistryException as {@link #manifest(ImageReference)}, and if the size differs
   */
  public ManifestContent manifest(ImageReference reference, Descriptor descriptor)
      throws IOException {
    throw unfinished("manifest", descriptor.digest().toString());
  }

  /**
   * Fetches a small blob whole, such as an image's configuration.
   *
   * @return the bytes, of the descriptor's size and digest
   * @throws RegistryException if no host gave it, or it is larger than {@link
   *     RegistryOptions#maxManifestBytes}
   */
  public byte[] content(ImageReference reference, Descriptor descriptor) throws IOException {
    throw unfinished("read", descriptor.digest().toString());
  }

  /**
   * Lists the artifacts that refer to a manifest.
   *
   * @param artifactType only artifacts of this type, or null for all
   * @throws RegistryException if no host gave an answer
   */
  public List<Descriptor> referrers(
      ImageReference reference, Digest subject, @Nullable String artifactType) throws IOException {
    throw unfinished("referrers", subject.toString());
  }

  /**
   * Returns a layer blob to read by ranges. Nothing is contacted before the first use. The source
   * may be used from many threads at once and needs no closing.
   *
   * @param digest the blob's digest, {@code sha256:...}
   * @param size the blob's size in bytes, or -1 where the registry is to be asked
   */
  public BlobSource blob(ImageReference reference, String digest, long size) {
    return blob(reference, Digest.parse(digest), size);
  }

  /** Returns a layer blob to read by ranges, as {@link #blob(ImageReference, String, long)}. */
  public BlobSource blob(ImageReference reference, Digest digest, long size) {
    throw new UnsupportedOperationException("blob of " + digest);
  }

  /** Closes all connections; open streams fail. Waits at most a few seconds. Idempotent. */
  @Override
  public void close() {}

  private RegistryException unfinished(String action, String object) {
    return new RegistryException(action, object, options.userAgent(), 0, "not built yet", null);
  }
}
