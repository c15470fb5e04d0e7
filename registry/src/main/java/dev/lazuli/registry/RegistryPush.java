package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.registry.hosts.HostLoop;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes to one repository of a registry: blobs first, then the manifests that name them. Mirrors
 * are not used. Safe for any number of threads that may wait; nothing is held whole in memory.
 */
public final class RegistryPush {
  private final HostRequests requests;
  private final HostLoop loop;
  private final ImageReference reference;

  RegistryPush(HostRequests requests, HostLoop loop, ImageReference reference) {
    this.requests = requests;
    this.loop = loop;
    this.reference = reference;
  }

  /**
   * Puts a blob into the repository, unless it is there.
   *
   * @param content its bytes, read again for each attempt; the registry checks their digest
   * @param mountFrom a repository of the same registry that has it, or null
   * @throws RegistryException if the registry did not take it
   * @throws IOException if the content cannot be read
   */
  public PushOutcome blob(Digest digest, long size, BlobSource content, @Nullable String mountFrom)
      throws IOException {
    var abort = new Abort();
    return loop.push(
        "push",
        digest + " (" + size + " bytes)",
        reference,
        abort,
        new BlobPushCall(requests, reference, digest, size, content, mountFrom, abort));
  }

  /**
   * Puts a manifest or index into the repository.
   *
   * @param name its tag, or its digest
   * @return its digest
   * @throws RegistryException if the registry did not take it
   */
  public Digest manifest(String name, String mediaType, byte[] bytes) throws IOException {
    var abort = new Abort();
    return loop.push(
        "push of manifest",
        reference.name() + (name.indexOf(':') < 0 ? ":" : "@") + name,
        reference,
        abort,
        new ManifestPushCall(requests, reference, name, mediaType, bytes, abort));
  }
}
