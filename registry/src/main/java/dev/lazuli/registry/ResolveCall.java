package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/** A manifest's type, digest and size from one host, by HEAD; by GET where HEAD does not tell. */
record ResolveCall(HostRequests requests, ImageReference reference, int maxBytes, Abort abort)
    implements HostCall<Descriptor> {

  @Override
  public Descriptor at(RegistryHost host) throws IOException {
    var headers = HttpCall.newHeaders().set("Accept", MediaTypes.ACCEPT_MANIFESTS);
    String suffix = "/manifests/" + reference.manifestName();
    try (HttpReply reply =
        requests.send(HttpMethod.HEAD, host, reference, suffix, headers, abort)) {
      if (reply.status() != 200 && reply.status() != 405) {
        throw HostFailure.of(reply);
      }
      String digest = reply.headers().get("Docker-Content-Digest");
      String type = reply.headers().get("Content-Type");
      if (reply.status() == 200 && digest != null && type != null && reply.contentLength() > 0) {
        return new Descriptor(
            type.split(";", 2)[0].strip(), checked(digest), reply.contentLength());
      }
    }
    return new ManifestCall(requests, reference, -1, "", maxBytes, abort).at(host).descriptor();
  }

  private Digest checked(String text) throws HostFailure {
    try {
      Digest digest = Digest.parse(text.strip());
      if (reference.digest() != null && !reference.digest().equals(digest)) {
        throw HostFailure.lasting(200, "Docker-Content-Digest is " + digest);
      }
      return digest;
    } catch (IllegalArgumentException e) {
      throw HostFailure.lasting(200, "Docker-Content-Digest " + Text.quote(text));
    }
  }
}
