package dev.lazuli.snapshotter.registry;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;

/** A blob in a registry, read by ranges from whichever host gives them. */
final class RemoteBlob implements BlobSource {
  private final HostRequests requests;
  private final HostLoop loop;
  private final ImageReference reference;
  private final Digest digest;
  private final int resumes;
  private volatile long size;

  /**
   * Makes a blob; nothing is asked yet.
   *
   * @param size in bytes, or -1 to ask
   * @param resumes how often one stream may be taken up again after a failure, per MiB of it
   */
  RemoteBlob(
      HostRequests requests,
      HostLoop loop,
      ImageReference reference,
      Digest digest,
      long size,
      int resumes) {
    this.requests = requests;
    this.loop = loop;
    this.reference = reference;
    this.digest = digest;
    this.size = size;
    this.resumes = resumes;
  }

  @Override
  public long size() throws IOException {
    if (size < 0) {
      var abort = new Abort();
      size =
          loop.run(
              "size",
              digest.toString(),
              reference,
              /* resolving= */ false,
              abort,
              new SizeCall(requests, reference, digest, abort));
    }
    return size;
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    if (offset < 0 || length < 1 || (size >= 0 && offset > size - length)) {
      throw new IOException(
          "range of " + length + " bytes from " + offset + " is not within " + this);
    }
    return RangeStream.open(this, offset, length, resumes);
  }

  /** Sends the request for a range; the body may hold less than all of it. */
  RangeBody request(long offset, long length, Abort abort) throws IOException {
    return loop.run(
        "read",
        describe(offset, length),
        reference,
        /* resolving= */ false,
        abort,
        new RangeCall(requests, reference, digest, offset, length, size, abort));
  }

  String describe(long offset, long length) {
    return digest + " bytes " + offset + "-" + (offset + length - 1);
  }

  @Override
  public String toString() {
    return reference.name() + "@" + digest + (size < 0 ? "" : " (" + size + " bytes)");
  }
}
