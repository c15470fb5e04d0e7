package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.auth.Authorizer;
import dev.lazuli.registry.auth.TokenServer;
import dev.lazuli.registry.hosts.HostCatalog;
import dev.lazuli.registry.hosts.HostHealth;
import dev.lazuli.registry.hosts.HostLoop;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.hosts.UnableHosts;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.Connections;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.registry.model.RequestListener;
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
public final class RegistryClient implements AutoCloseable {
  private final RegistryOptions options;
  private final Connections connections;
  private final HostRequests requests;
  private final HostCatalog catalog;
  private final HostLoop loop;
  private final UnableHosts multiRange = new UnableHosts();
  private final UnableHosts suffixes = new UnableHosts();

  /** Makes a client; nothing is contacted yet. */
  public RegistryClient(RegistryOptions options) {
    this(options, RequestListener.NONE);
  }

  /** Makes a client that tells how each host answered. */
  public RegistryClient(RegistryOptions options, RequestListener listener) {
    this.options = options;
    this.connections = new Connections(options.http());
    var transport = new HttpTransport(connections, options.http());
    this.requests =
        new HostRequests(
            transport, new Authorizer(new TokenServer(transport), options.credentials()));
    this.catalog = new HostCatalog(options.hosts());
    this.loop = new HostLoop(catalog, new HostHealth(System::nanoTime), options.hosts(), listener);
  }

  /**
   * Finds out which manifest a reference names.
   *
   * @return the manifest's type, digest and size
   * @throws RegistryException if no host gave an answer
   */
  public Descriptor resolve(ImageReference reference) throws IOException {
    var abort = new Abort();
    return loop.run(
        "resolve",
        reference.toString(),
        reference,
        reference.digest() == null,
        abort,
        new ResolveCall(requests, reference, options.maxManifestBytes(), abort));
  }

  /**
   * Fetches the manifest or index a reference names.
   *
   * @throws RegistryException if no host gave it, if it is larger than {@link
   *     RegistryOptions.Builder#maxManifestBytes}, has the wrong digest or is not a manifest
   */
  public ManifestContent manifest(ImageReference reference) throws IOException {
    return manifest(reference, -1, "");
  }

  /**
   * Fetches a manifest that an index of {@code reference}'s repository lists.
   *
   * @throws RegistryException as {@link #manifest(ImageReference)}, and if the size differs
   */
  public ManifestContent manifest(ImageReference reference, Descriptor descriptor)
      throws IOException {
    ImageReference exact = reference.withDigest(descriptor.digest());
    return manifest(exact, descriptor.size(), descriptor.mediaType());
  }

  private ManifestContent manifest(ImageReference reference, long size, String mediaType)
      throws IOException {
    var abort = new Abort();
    return loop.run(
        "read of manifest",
        reference.toString(),
        reference,
        reference.digest() == null,
        abort,
        new ManifestCall(requests, reference, size, mediaType, options.maxManifestBytes(), abort));
  }

  /**
   * Fetches a small blob whole, such as an image's configuration.
   *
   * @return the bytes, of the descriptor's size and digest
   * @throws RegistryException if no host gave it, or it is larger than {@link
   *     RegistryOptions.Builder#maxManifestBytes}
   */
  public byte[] content(ImageReference reference, Descriptor descriptor) throws IOException {
    if (descriptor.size() > options.maxManifestBytes()) {
      throw new RegistryException(
          "read",
          descriptor.digest().toString(),
          reference.registry(),
          RegistryException.NO_STATUS,
          descriptor.size() + " bytes, more than " + options.maxManifestBytes(),
          null);
    }
    var abort = new Abort();
    return loop.run(
        "read",
        descriptor.digest().toString(),
        reference,
        /* resolving= */ false,
        abort,
        new ContentCall(requests, reference, descriptor, abort));
  }

  /**
   * Lists the artifacts that refer to a manifest.
   *
   * @param artifactType only artifacts of this type, or null for all
   * @return their descriptors; empty if there are none
   * @throws RegistryException if no host gave an answer
   */
  public List<Descriptor> referrers(
      ImageReference reference, Digest subject, @Nullable String artifactType) throws IOException {
    var abort = new Abort();
    return loop.run(
        "list of referrers",
        reference.name() + "@" + subject,
        reference,
        /* resolving= */ false,
        abort,
        new ReferrersCall(
            requests, reference, subject, artifactType, options.maxManifestBytes(), abort));
  }

  /**
   * Returns a layer blob to read by ranges. Nothing is contacted before the first use. The source
   * may be used from many threads at once and needs no closing.
   *
   * @param size the blob's size in bytes, or -1 where the registry is to be asked
   */
  public RegistryBlob blob(ImageReference reference, Digest digest, long size) {
    return new RemoteBlob(blobHosts(reference, digest, size), options.hosts().attempts());
  }

  BlobHosts blobHosts(ImageReference reference, Digest digest, long size) {
    return new BlobHosts(requests, loop, multiRange, suffixes, reference, digest, size);
  }

  /**
   * Returns the way to write to a repository. Nothing is contacted before the first use.
   *
   * @param reference names the repository; its tag and digest do not matter
   */
  public RegistryPush push(ImageReference reference) {
    return new RegistryPush(requests, loop, reference);
  }

  /**
   * Returns what is wrong with the hosts directory, each with the file that it is about; empty if
   * nothing is or there is none. Nothing is contacted.
   *
   * @throws IOException if the directory cannot be listed
   */
  public List<String> hostsFaults() throws IOException {
    return catalog.faults();
  }

  /**
   * Returns the hosts that are asked for an image's content, in this order.
   *
   * @throws IOException if the hosts directory says something that makes no sense
   */
  public List<String> hosts(ImageReference reference) throws IOException {
    return loop.hosts(reference).stream().map(RegistryHost::name).toList();
  }

  /**
   * Returns whose credentials pull an image, as {@code host: user "name" of file}; never what they
   * are. Only of hosts that wanted some lately, so that nothing has to be asked.
   */
  public List<String> credentials(ImageReference reference) throws IOException {
    return loop.hosts(reference).stream()
        .flatMap(
            host ->
                requests.credentials(host, reference).stream()
                    .map(whose -> host.name() + ": " + whose))
        .toList();
  }

  /** Returns how many connections are in use; none while nothing is read. */
  public int connectionsInUse() {
    return connections.inUse();
  }

  /** Returns how many receive and send buffers are in use. */
  public long buffersInUse() {
    return connections.buffersInUse();
  }

  /** Returns how much direct memory the buffers' pool holds now, in bytes. */
  long bufferBytes() {
    return connections.bufferBytes();
  }

  /** Closes all connections; open streams fail. Waits at most a few seconds. Idempotent. */
  @Override
  public void close() {
    connections.close();
  }
}
