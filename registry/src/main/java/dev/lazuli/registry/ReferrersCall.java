package dev.lazuli.registry;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.hosts.HostCall;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Manifest;
import dev.lazuli.registry.model.ManifestParser;
import dev.lazuli.registry.model.MediaTypes;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The list of what refers to a manifest, from one host: by the referrers API, or where the host has
 * none by the tag {@code sha256-<hex>}, as the distribution specification has it.
 */
record ReferrersCall(
    HostRequests requests,
    ImageReference reference,
    Digest subject,
    @Nullable String artifactType,
    int maxBytes,
    Abort abort)
    implements HostCall<List<Descriptor>> {

  @Override
  public List<Descriptor> at(RegistryHost host) throws IOException {
    String filter =
        artifactType == null
            ? ""
            : "?artifactType=" + URLEncoder.encode(artifactType, StandardCharsets.UTF_8);
    List<Descriptor> found = list(host, "/referrers/" + subject + filter);
    if (found == null) {
      found = list(host, "/manifests/" + subject.algorithm() + "-" + subject.hex());
    }
    return found == null ? List.of() : found.stream().filter(this::isWanted).toList();
  }

  private @Nullable List<Descriptor> list(RegistryHost host, String suffix) throws IOException {
    var headers = HttpCall.newHeaders().set("Accept", MediaTypes.OCI_INDEX);
    try (HttpReply reply = requests.send(HttpMethod.GET, host, reference, suffix, headers, abort)) {
      if (reply.status() == 404) {
        return null;
      }
      if (reply.status() != 200) {
        throw HostFailure.of(reply);
      }
      Manifest index = ManifestParser.parse(reply.readAll(maxBytes), MediaTypes.OCI_INDEX);
      return index instanceof ImageIndex list ? list.manifests() : List.of();
    }
  }

  private boolean isWanted(Descriptor descriptor) {
    return artifactType == null || artifactType.equals(descriptor.artifactType());
  }
}
