package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
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

/** Sends a manifest to one host, under a tag or its digest. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ManifestPushCall(
    HostRequests requests,
    ImageReference reference,
    String name,
    String mediaType,
    byte[] bytes,
    Abort abort)
    implements HostCall<Digest> {

  @Override
  public Digest at(RegistryHost host) throws IOException {
    var headers = HttpCall.newHeaders().set("Content-Type", mediaType);
    var to = new Redirects.Target(host.origin(), host.target(reference, "/manifests/" + name));
    var body = HttpBody.of(bytes);
    try (HttpReply reply =
        requests.push(HttpMethod.PUT, host, reference, to, headers, body, abort)) {
      if (reply.status() != 201) {
        throw HostFailure.of(reply);
      }
      return Digest.sha256(bytes);
    }
  }
}
