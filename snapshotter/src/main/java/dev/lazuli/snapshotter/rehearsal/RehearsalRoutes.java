package dev.lazuli.snapshotter.rehearsal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.BlobReply;
import dev.lazuli.demo.registry.IncomingRequest;
import dev.lazuli.demo.registry.RegistryExchange;
import dev.lazuli.demo.registry.RegistryRoutes;
import dev.lazuli.demo.registry.Reply;
import dev.lazuli.demo.registry.RequestTarget;
import dev.lazuli.digest.Digest;

/**
 * A registry with one image of one layer. It does without the parsing of its own manifests, which
 * would bring an object mapper into the daemon.
 */
final class RehearsalRoutes implements RegistryRoutes {
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final byte[] CONFIG = "{}".getBytes(US_ASCII);

  private final byte[] layer;
  private final String layerDigest;
  private final byte[] manifest;

  /** Serves a layer, which stays as it is. */
  RehearsalRoutes(byte[] layer) {
    this.layer = layer;
    this.layerDigest = Digest.sha256(layer).toString();
    this.manifest =
        """
        {"schemaVersion":2,"mediaType":"%s",
         "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},
         "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"%s",
           "size":%d}]}
        """
            .formatted(MANIFEST, Digest.sha256(CONFIG), CONFIG.length, layerDigest, layer.length)
            .getBytes(US_ASCII);
  }

  @Override
  public RegistryExchange open(IncomingRequest request) {
    return RegistryExchange.of(() -> answer(request));
  }

  private Reply answer(IncomingRequest request) {
    if (request.target() instanceof RequestTarget.Blob blob) {
      byte[] content = blob.digest().equals(layerDigest) ? layer : CONFIG;
      return BlobReply.of(blob.digest(), BlobContent.of(content), request.range());
    }
    return Reply.ok(MANIFEST, manifest)
        .with("Docker-Content-Digest", Digest.sha256(manifest).toString());
  }
}
