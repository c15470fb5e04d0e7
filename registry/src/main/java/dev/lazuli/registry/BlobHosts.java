package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.Deliveries;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.HostLoop;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.hosts.UnableHosts;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One blob and the hosts that may give it: which of them sent which range, which have sent wrong
 * bytes, and how long they say it is. All calls and streams for the blob share it; safe for any
 * number of threads.
 */
final class BlobHosts {
  private final HostRequests requests;
  private final HostLoop loop;
  private final UnableHosts multiRange;
  private final UnableHosts suffixes;
  private final ImageReference reference;
  private final Digest digest;
  private final Set<Origin> distrusted = ConcurrentHashMap.newKeySet();
  private final Deliveries deliveries = new Deliveries();
  private volatile long size;

  /**
   * Makes it; no host is asked yet.
   *
   * @param multiRange hosts that send one range at a time
   * @param suffixes hosts that know no range that counts from the end
   * @param size in bytes, or -1 if it is not known
   */
  BlobHosts(
      HostRequests requests,
      HostLoop loop,
      UnableHosts multiRange,
      UnableHosts suffixes,
      ImageReference reference,
      Digest digest,
      long size) {
    this.requests = requests;
    this.loop = loop;
    this.multiRange = multiRange;
    this.suffixes = suffixes;
    this.reference = reference;
    this.digest = digest;
    this.size = size;
  }

  /** Asks the hosts in turn, until one has answered or none is left. */
  <T> T ask(String action, String object, HostCall<T> call, Abort abort) throws IOException {
    return loop.run(action, object, reference, /* resolving= */ false, abort, call);
  }

  /** Sends one host a request for the blob. */
  HttpReply send(HttpMethod method, RegistryHost host, HttpHeaders headers, Abort abort)
      throws IOException {
    return requests.send(method, host, reference, suffix(), headers, abort);
  }

  /** Returns hosts that send one range at a time. */
  UnableHosts multiRange() {
    return multiRange;
  }

  /** Returns hosts that know no range that counts from the end. */
  UnableHosts suffixes() {
    return suffixes;
  }

  /** Returns whether a host that may be asked sends several ranges at once, as far as we know. */
  boolean mayDoMultiRange() throws IOException {
    return loop.hosts(reference).stream().anyMatch(multiRange::mayDo);
  }

  /** Returns the registry's name; mirrors have other ones. */
  String registry() {
    return reference.registry();
  }

  /** Returns how long the blob is in bytes, or -1 as long as that is not known. */
  long size() {
    return size;
  }

  /** Notes how long the blob is. */
  void learnSize(long bytes) {
    size = bytes;
  }

  /** Notes that a host has begun to send a range. */
  void delivers(ByteRange range, RegistryHost host) {
    deliveries.note(range.offset(), range.length(), host);
  }

  /** Notes that a host's body ended early; the rest of it is asked for again. */
  void bodyFailed(RegistryHost from, IOException failure) {
    loop.bodyFailed(from, failure);
  }

  /** Takes wrong bytes as the word of the host that sent them last, if that is known. */
  void wrongBytes(long offset, long length) {
    RegistryHost host = deliveries.last(offset, length);
    if (host != null) {
      distrust(host);
    }
  }

  /** Asks other hosts first, for a while, than the one that was asked last for the range. */
  void brokeOff(long offset, long length) {
    RegistryHost host = deliveries.last(offset, length);
    if (host != null) {
      bodyFailed(host, new IOException("range of " + length + " bytes broke off"));
    }
  }

  /** Asks a host that sent wrong bytes no more, as long as another one is left. */
  void distrust(RegistryHost host) {
    requests.forgetRedirects(host, reference, suffix());
    distrusted.add(host.origin());
    try {
      boolean anyLeft =
          loop.hosts(reference).stream().anyMatch(h -> !distrusted.contains(h.origin()));
      if (!anyLeft) {
        distrusted.clear(); // a doubtful host is better than none: every chunk is verified
      }
    } catch (IOException e) {
      distrusted.clear();
    }
  }

  /** Refuses a host whose bytes were wrong. */
  void checkTrusted(RegistryHost host) throws HostFailure {
    if (distrusted.contains(host.origin())) {
      throw HostFailure.lasting(RegistryException.NO_STATUS, "has sent wrong bytes before");
    }
  }

  /** Refuses a host that reports another size for the blob; -1 means that it did not say. */
  void checkTotal(int status, long total) throws HostFailure {
    long known = size;
    if (known >= 0 && total >= 0 && total != known) {
      throw HostFailure.lasting(status, "blob has " + total + " bytes, expected " + known);
    }
  }

  private String suffix() {
    return "/blobs/" + digest;
  }

  /** Returns what messages call the blob. */
  String describe() {
    return digest.toString();
  }

  /** Returns what messages call a range of the blob. */
  String describe(ByteRange range) {
    return digest + " bytes " + range;
  }

  @Override
  public String toString() {
    return reference.name() + "@" + digest + (size < 0 ? "" : " (" + size + " bytes)");
  }
}
