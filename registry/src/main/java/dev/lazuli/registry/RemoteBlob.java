package dev.lazuli.registry;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.BlobTail;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.FromHost;
import dev.lazuli.registry.http.Abort;
import java.io.IOException;
import java.util.List;

/** A blob in a registry, read by ranges from whichever host gives them. */
final class RemoteBlob implements RegistryBlob {
  private final BlobHosts hosts;
  private final int resumes;

  /**
   * Makes a blob; nothing is asked yet.
   *
   * @param resumes how often one stream may be taken up again after a failure, per MiB of it
   */
  RemoteBlob(BlobHosts hosts, int resumes) {
    this.hosts = hosts;
    this.resumes = resumes;
  }

  @Override
  public long size() throws IOException {
    if (hosts.size() < 0) {
      var abort = new Abort();
      hosts.learnSize(hosts.ask("size", hosts.describe(), new SizeCall(hosts, abort), abort));
    }
    return hosts.size();
  }

  @Override
  public String origin() {
    return hosts.registry();
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    checkWithin(offset, length);
    return SingleRangeStream.open(hosts, new ByteRange(offset, length), resumes, new Abort());
  }

  @Override
  public BlobTail openTail(long most) throws IOException {
    if (hosts.size() >= 0) {
      return RegistryBlob.super.openTail(most);
    }
    var abort = new Abort();
    TailCall.Answer answer =
        hosts.ask(
            "read", hosts.describe() + " from its end", new TailCall(hosts, most, abort), abort);
    hosts.learnSize(answer.offset() + answer.length());
    RangeBody body = answer.body();
    if (body == null) {
      return BlobTail.ofNothing();
    }
    var range = new ByteRange(answer.offset(), answer.length());
    hosts.delivers(range, body.host());
    return new BlobTail(
        range.offset(), range.length(), new SingleRangeStream(hosts, range, body, resumes, abort));
  }

  @Override
  public int rangesAtOnce() {
    try {
      return hosts.mayDoMultiRange() ? MultiRangeCall.MAX_RANGES : 1;
    } catch (IOException e) {
      return 1; // opening will say what is wrong
    }
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
        hosts.ask(
            "read",
            hosts.describe()
                + " in "
                + ranges.size()
                + " ranges from "
                + ranges.getFirst().offset(),
            new MultiRangeCall(hosts, List.copyOf(ranges), abort),
            abort);
    return new MultiRangeStream(hosts, List.copyOf(ranges), answer, resumes, abort);
  }

  @Override
  public void distrust(BlobStream stream) {
    if (stream instanceof FromHost from) {
      hosts.distrust(from.host());
    }
  }

  @Override
  public void wrongBytes(long offset, long length) {
    hosts.wrongBytes(offset, length);
  }

  @Override
  public void brokeOff(long offset, long length) {
    hosts.brokeOff(offset, length);
  }

  @Override
  public boolean acceptsRanges() throws IOException {
    try (RangeBody body = SingleRangeCall.ask(hosts, new ByteRange(1, 1), new Abort())) {
      return !body.isOfWhole();
    }
  }

  private void checkWithin(long offset, long length) throws IOException {
    long size = hosts.size();
    if (offset < 0 || length < 1 || (size >= 0 && offset > size - length)) {
      throw new IOException(
          "range of " + length + " bytes from " + offset + " is not within " + this);
    }
  }

  @Override
  public String toString() {
    return hosts.toString();
  }
}
