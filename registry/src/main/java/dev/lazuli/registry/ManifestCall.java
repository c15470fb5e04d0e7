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
import dev.lazuli.registry.model.Manifest;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.ManifestParser;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;

/**
 * A manifest from one host, checked against its digest: the reference's, or for a tag what the host
 * itself says.
 *
 * @param size in bytes, or -1 unknown
 * @param mediaType as its descriptor has it; empty if there is none
 * @param maxBytes largest document taken
 */
record ManifestCall(
    HostRequests requests,
    ImageReference reference,
    long size,
    String mediaType,
    int maxBytes,
    Abort abort)
    implements HostCall<ManifestContent> {

  @Override
  public ManifestContent at(RegistryHost host) throws IOException {
    var headers = HttpCall.newHeaders().set("Accept", MediaTypes.ACCEPT_MANIFESTS);
    String suffix = "/manifests/" + reference.manifestName();
    try (HttpReply reply = requests.send(HttpMethod.GET, host, reference, suffix, headers, abort)) {
      if (reply.status() != 200) {
        throw HostFailure.of(reply);
      }
      return content(reply);
    }
  }

  private ManifestContent content(HttpReply reply) throws IOException {
    byte[] bytes = reply.readAll(maxBytes);
    Digest digest = digest(reply, bytes);
    if (size >= 0 && bytes.length != size) {
      throw HostFailure.lasting(200, "manifest of " + bytes.length + " bytes, expected " + size);
    }
    String type = mediaType.isEmpty() ? reply.headers().get("Content-Type", "") : mediaType;
    Manifest manifest;
    try {
      manifest = ManifestParser.parse(bytes, type);
    } catch (IOException e) {
      throw HostFailure.lasting(200, "" + e.getMessage()).causedBy(e);
    }
    return new ManifestContent(
        new Descriptor(manifest.mediaType(), digest, bytes.length), bytes, manifest);
  }

  private Digest digest(HttpReply reply, byte[] bytes) throws HostFailure {
    Digest expected = reference.digest();
    if (expected == null) {
      String claimed = reply.headers().get("Docker-Content-Digest");
      Digest found = Digest.sha256(bytes);
      if (claimed == null) {
        return found;
      }
      try {
        expected = Digest.parse(claimed.strip());
      } catch (IllegalArgumentException e) {
        throw HostFailure.lasting(200, "Docker-Content-Digest " + Text.quote(claimed));
      }
    }
    if (!expected.matches(bytes)) {
      throw HostFailure.senseless(
          200, "digest is " + Digest.sha256(bytes) + ", expected " + expected);
    }
    return expected;
  }
}
