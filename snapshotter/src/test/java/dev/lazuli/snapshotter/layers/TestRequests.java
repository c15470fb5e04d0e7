package dev.lazuli.snapshotter.layers;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Requests for layers, as a client makes them that asks for one layer after the other. */
final class TestRequests {
  private TestRequests() {}

  /** Returns a request for a layer whose descriptor says its TOC's digest, if it has one. */
  static LayerRequest of(String reference, BlobDescriptor layer) {
    return new LayerRequest(
        reference,
        Digest.parse(layer.digest()),
        List.of(Digest.parse(layer.digest())),
        Optional.empty(),
        Optional.ofNullable(layer.annotations().get(Annotations.TOC_DIGEST)).map(Digest::parse),
        OptionalLong.empty(),
        false,
        List.of());
  }
}
