package dev.lazuli.registry;

import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.ContentRange;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/** One range of a blob from one host. */
record SingleRangeCall(BlobHosts blob, ByteRange range, Abort abort)
    implements HostCall<RangeBody> {

  /** Asks the blob's hosts for the range; the body may hold less than all of it. */
  static RangeBody ask(BlobHosts blob, ByteRange range, Abort abort) throws IOException {
    var call = new SingleRangeCall(blob, range, abort);
    RangeBody body = blob.ask("read", blob.describe(range), call, abort);
    blob.delivers(range, body.host());
    return body;
  }

  @Override
  public RangeBody at(RegistryHost host) throws IOException {
    blob.checkTrusted(host);
    var headers = HttpCall.newHeaders().set("Range", "bytes=" + range);
    HttpReply reply = blob.send(HttpMethod.GET, host, headers, abort);
    boolean taken = false;
    try {
      RangeBody body = body(reply, host);
      taken = true;
      return body;
    } finally {
      if (!taken) {
        reply.close();
      }
    }
  }

  private RangeBody body(HttpReply reply, RegistryHost host) throws IOException {
    return switch (reply.status()) {
      case 206 -> partial(reply, host);
      case 200 -> whole(reply, host);
      default -> throw HostFailure.of(reply);
    };
  }

  private RangeBody partial(HttpReply reply, RegistryHost host) throws IOException {
    checkEncoding(reply);
    String text = "" + reply.headers().get("Content-Range");
    ContentRange given =
        ContentRange.parse(text)
            .orElseThrow(() -> HostFailure.senseless(206, "Content-Range " + Text.quote(text)));
    if (given.first() != range.offset()) {
      throw HostFailure.senseless(206, "Content-Range starts at " + given.first());
    }
    blob.checkTotal(206, given.total());
    long length = reply.contentLength();
    if (length >= 0 && length != given.length()) {
      throw HostFailure.senseless(206, "Content-Length " + length + " with " + Text.quote(text));
    }
    return new RangeBody(reply, host, 0, Math.min(range.length(), given.length()));
  }

  /** The host ignores ranges: what we want is somewhere in the whole. */
  private RangeBody whole(HttpReply reply, RegistryHost host) throws IOException {
    checkEncoding(reply);
    blob.checkTotal(200, reply.contentLength());
    return new RangeBody(reply, host, range.offset(), range.length());
  }

  private static void checkEncoding(HttpReply reply) throws HostFailure {
    String encoding = reply.headers().get("Content-Encoding", "identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw HostFailure.lasting(reply.status(), "Content-Encoding " + Text.quote(encoding));
    }
  }
}
