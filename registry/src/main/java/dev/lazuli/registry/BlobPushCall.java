package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpBody;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.ImageReference;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Puts a blob into one host's repository, in as few requests as the distribution specification
 * allows: HEAD asks if it is there, POST mounts it or opens an upload, PUT sends it whole.
 */
record BlobPushCall(
    HostRequests requests,
    ImageReference reference,
    Digest digest,
    long size,
    BlobSource content,
    @Nullable String mountFrom,
    Abort abort)
    implements HostCall<PushOutcome> {

  @Override
  public PushOutcome at(RegistryHost host) throws IOException {
    if (isThere(host)) {
      return PushOutcome.PRESENT;
    }
    Redirects.Target place = open(host);
    if (place == null) {
      return PushOutcome.MOUNTED;
    }
    var headers = HttpCall.newHeaders().set("Content-Type", "application/octet-stream");
    var body = HttpBody.of(content, size);
    try (HttpReply reply =
        requests.push(HttpMethod.PUT, host, reference, place, headers, body, abort)) {
      return switch (reply.status()) {
        case 201, 204 -> PushOutcome.UPLOADED;
        // The upload is over and may have succeeded: its answer may have been lost. Asking again
        // will tell.
        case 404 -> throw HostFailure.senseless(404, "the upload is gone");
        default -> throw HostFailure.of(reply);
      };
    }
  }

  private boolean isThere(RegistryHost host) throws IOException {
    try (HttpReply reply =
        requests.send(
            HttpMethod.HEAD, host, reference, "/blobs/" + digest, HttpCall.newHeaders(), abort)) {
      return switch (reply.status()) {
        case 200 -> true;
        // Some registries hide repositories that are not there yet.
        case 401, 403, 404 -> false;
        default -> throw HostFailure.of(reply);
      };
    } catch (HostFailure refusal) {
      if (refusal.status() == 401 || refusal.status() == 403) {
        return false;
      }
      throw refusal;
    }
  }

  /** Returns where to send the blob; null if the registry has taken it from elsewhere. */
  private Redirects.@Nullable Target open(RegistryHost host) throws IOException {
    String mount = mountFrom == null ? "" : "?mount=" + encoded() + "&from=" + mountFrom;
    var uploads =
        new Redirects.Target(host.origin(), host.target(reference, "/blobs/uploads/" + mount));
    try (HttpReply reply =
        requests.push(
            HttpMethod.POST,
            host,
            reference,
            uploads,
            HttpCall.newHeaders(),
            HttpBody.NONE,
            abort)) {
      if (reply.status() == 201 && mountFrom != null) {
        return null;
      }
      if (reply.status() != 202) {
        throw HostFailure.of(reply);
      }
      return target(reply.headers().get("Location", ""), uploads);
    }
  }

  private Redirects.Target target(String location, Redirects.Target uploads) throws HostFailure {
    try {
      var place = Redirects.Target.of(location, uploads.origin(), uploads.target());
      String mark = place.target().indexOf('?') < 0 ? "?" : "&";
      return new Redirects.Target(place.origin(), place.target() + mark + "digest=" + encoded());
    } catch (IllegalArgumentException e) {
      throw HostFailure.lasting(202, "the upload's Location is not an http or https URL");
    }
  }

  private String encoded() {
    return digest.toString().replace(":", "%3A");
  }
}
