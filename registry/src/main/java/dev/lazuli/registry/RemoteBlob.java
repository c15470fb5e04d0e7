package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.BlobTail;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.Deliveries;
import dev.lazuli.registry.hosts.FromHost;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.HostLoop;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.hosts.UnableHosts;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A blob in a registry, read by ranges from whichever host gives them. */
final class RemoteBlob implements RegistryBlob {
  private final HostRequests requests;
  private final HostLoop loop;
  private final UnableHosts multiRange;
  private final UnableHosts suffixes;
  private final ImageReference reference;
  private final Digest digest;
  private final int resumes;
  private final Set<Origin> distrusted = ConcurrentHashMap.newKeySet();
  private final Deliveries deliveries = new Deliveries();
  private volatile long size;

  /**
   * Makes a blob; nothing is asked yet.
   *
   * @param multiRange hosts that send one range at a time
   * @param suffixes hosts that know no range that counts from the end
   * @param size in bytes, or -1 to ask
   * @param resumes how often one stream may be taken up again after a failure, per MiB of it
   */
  RemoteBlob(
      HostRequests requests,
      HostLoop loop,
      UnableHosts multiRange,
      UnableHosts suffixes,
      ImageReference reference,
      Digest digest,
      long size,
      int resumes) {
    this.requests = requests;
    this.loop = loop;
    this.multiRange = multiRange;
    this.suffixes = suffixes;
    this.reference = reference;
    this.digest = digest;
    this.size = size;
    this.resumes = resumes;
  }

  @Override
  public long size() throws IOException {
    if (size < 0) {
      var abort = new Abort();
      var call = new SizeCall(requests, reference, digest, abort);
      size = run("size", digest.toString(), call, abort);
    }
    return size;
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    checkWithin(offset, length);
    return openSingle(offset, length, new Abort());
  }

  @Override
  public BlobTail openTail(long most) throws IOException {
    if (size >= 0) {
      return RegistryBlob.super.openTail(most);
    }
    var abort = new Abort();
    TailCall.Answer answer =
        run(
            "read",
            digest + " from its end",
            new TailCall(requests, suffixes, this, most, abort),
            abort);
    size = answer.offset() + answer.length();
    RangeBody body = answer.body();
    if (body == null) {
      return BlobTail.ofNothing();
    }
    var range = new ByteRange(answer.offset(), answer.length());
    delivers(range, body.host());
    return new BlobTail(
        range.offset(), range.length(), new SingleRangeStream(this, range, body, resumes, abort));
  }

  SingleRangeStream openSingle(long offset, long length, Abort abort) throws IOException {
    return new SingleRangeStream(
        this, new ByteRange(offset, length), request(offset, length, abort), resumes, abort);
  }

  @Override
  public int rangesAtOnce() {
    try {
      for (RegistryHost host : loop.hosts(reference)) {
        if (multiRange.mayDo(host)) {
          return MultiRangeCall.MAX_RANGES;
        }
      }
    } catch (IOException e) {
      return 1; // opening will say what is wrong
    }
    return 1;
  }

  @Override
  public BlobRanges open(List<ByteRange> ranges) throws IOException {
    long end = 0;
    for (ByteRange range : ranges) {
      checkWithin(range.offset(), range.length());
      if (range.offset() < end) {
        throw new IOException("ranges of " + this + " overlap or are out of order at " + range);
      }
      end = range.end();
    }
    if (ranges.isEmpty() || ranges.size() > MultiRangeCall.MAX_RANGES) {
      throw new IOException(ranges.size() + " ranges of " + this + " at once");
    }
    if (ranges.size() == 1) {
      return RegistryBlob.super.open(ranges);
    }
    var abort = new Abort();
    MultiRangeCall.Answer answer =
        run(
            "read",
            digest + " in " + ranges.size() + " ranges from " + ranges.getFirst().offset(),
            new MultiRangeCall(requests, multiRange, this, List.copyOf(ranges), abort),
            abort);
    return new MultiRangeStream(this, List.copyOf(ranges), answer, abort);
  }

  @Override
  public void distrust(BlobStream stream) {
    if (stream instanceof FromHost from) {
      distrust(from.host());
    }
  }

  @Override
  public void wrongBytes(long offset, long length) {
    RegistryHost host = deliveries.last(offset, length);
    if (host != null) {
      distrust(host);
    }
  }

  private void distrust(RegistryHost host) {
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

  @Override
  public boolean acceptsRanges() throws IOException {
    try (RangeBody body = request(1, 1, new Abort())) {
      return !body.isOfWhole();
    }
  }

  /** Sends the request for a range; the body may hold less than all of it. */
  RangeBody request(long offset, long length, Abort abort) throws IOException {
    var range = new ByteRange(offset, length);
    RangeBody body =
        run("read", describe(range), new SingleRangeCall(requests, this, range, abort), abort);
    delivers(range, body.host());
    return body;
  }

  /** A host's body ended early; what it was to hold is asked for again. */
  void bodyFailed(RegistryHost from, IOException failure) {
    loop.bodyFailed(from, failure);
  }

  /** Notes that a host which was asked for several ranges did not send them as it should. */
  void sendsOneAtATime(RegistryHost host) {
    multiRange.cannot(host);
  }

  /** Notes that a host has begun to deliver a range. */
  void delivers(ByteRange range, RegistryHost host) {
    deliveries.note(range.offset(), range.length(), host);
  }

  private <T> T run(String action, String object, HostCall<T> call, Abort abort)
      throws IOException {
    return loop.run(action, object, reference, /* resolving= */ false, abort, call);
  }

  ImageReference reference() {
    return reference;
  }

  Digest digest() {
    return digest;
  }

  String suffix() {
    return "/blobs/" + digest;
  }

  String describe(ByteRange range) {
    return digest + " bytes " + range;
  }

  /** Refuses a host whose bytes were wrong. */
  void checkTrusted(RegistryHost host) throws HostFailure {
    if (distrusted.contains(host.origin())) {
      throw HostFailure.lasting(RegistryException.NO_STATUS, "has sent wrong bytes before");
    }
  }

  /** Refuses a host that reports another size for the blob; -1 means unknown. */
  void checkTotal(int status, long total) throws HostFailure {
    long known = size;
    if (known >= 0 && total >= 0 && total != known) {
      throw HostFailure.lasting(status, "blob has " + total + " bytes, expected " + known);
    }
  }

  private void checkWithin(long offset, long length) throws IOException {
    if (offset < 0 || length < 1 || (size >= 0 && offset > size - length)) {
      throw new IOException(
          "range of " + length + " bytes from " + offset + " is not within " + this);
    }
  }

  @Override
  public String toString() {
    return reference.name() + "@" + digest + (size < 0 ? "" : " (" + size + " bytes)");
  }
}
