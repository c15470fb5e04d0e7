package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.ImageReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which layer to mount and how, as a client said it in the labels of a snapshot.
 *
 * @param reference the image's reference as the client wrote it, such as {@code
 *     registry.example/python:3}
 * @param digest the digest of the layer's blob
 * @param chain digests of this layer and of those that will be asked for next, from the bottom up;
 *     may be cut short
 * @param manifestDigest digest of the manifest that names the layer, if the client said it
 * @param tocDigest digest of the layer's table of contents, from the manifest's annotation
 * @param tocChecksum digest of the table of contents as it lies compressed in the blob, which is
 *     what podman and skopeo annotate
 * @param prefetchBytes how much of the blob's head to fetch at once where the layer does not say so
 *     itself
 * @param skipVerification whether the client allows content that cannot be verified; configuration
 *     decides as well
 * @param urls further addresses of the blob
 */
public record LayerRequest(
    String reference,
    Digest digest,
    List<Digest> chain,
    Optional<Digest> manifestDigest,
    Optional<Digest> tocDigest,
    Optional<Digest> tocChecksum,
    OptionalLong prefetchBytes,
    boolean skipVerification,
    List<String> urls) {
  /** How the labels begin that show what a mounted layer's snapshot is. No client sets one. */
  public static final String SHOWN = "dev.lazuli/";

  /** Label of a mounted layer's snapshot: the image that brought it. */
  public static final String SHOWN_IMAGE = SHOWN + "image";

  /** Label of a mounted layer's snapshot: the layer's digest. */
  public static final String SHOWN_LAYER = SHOWN + "layer";

  /** Label of a mounted layer's snapshot: the chain ID that its content was proved to have. */
  public static final String SHOWN_PROVED = SHOWN + "proved";

  /** Label of a mounted layer's snapshot: digest of its table of contents. */
  public static final String SHOWN_TOC = SHOWN + "toc";

  /**
   * Label of a mounted layer's snapshot: digest of its table of contents as it lies in the blob.
   */
  public static final String SHOWN_COMPRESSED_TOC = SHOWN + "compressed-toc";

  // The set that containerd's CRI plugin and transfer service write; it wins, as with other
  // snapshotters.
  private static final String CRI = "containerd.io/snapshot/cri.";
  private static final String REMOTE = "containerd.io/snapshot/remote/";
  private static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  /**
   * Our own client's label: containerd hands on no annotation with the name that podman and skopeo
   * use.
   */
  private static final String TOC_CHECKSUM = REMOTE + "zstd-chunked.manifest-checksum";

  /** Checks the digests and copies the lists. */
  public LayerRequest {
    if (reference.isEmpty()) {
      throw new IllegalArgumentException("the image's reference is empty");
    }
    requireSha256(digest);
    chain.forEach(LayerRequest::requireSha256);
    manifestDigest.ifPresent(LayerRequest::requireSha256);
    tocDigest.ifPresent(LayerRequest::requireSha256);
    tocChecksum.ifPresent(LayerRequest::requireSha256);
    chain = List.copyOf(chain);
    urls = List.copyOf(urls);
  }

  /** Returns a request for a layer of which nothing more is known. */
  static LayerRequest of(String reference, Digest digest) {
    return new LayerRequest(
        reference,
        digest,
        List.of(digest),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        false,
        List.of());
  }

  /** A request without the digest of the compressed table of contents. */
  public LayerRequest(
      String reference,
      Digest digest,
      List<Digest> chain,
      Optional<Digest> manifestDigest,
      Optional<Digest> tocDigest,
      OptionalLong prefetchBytes,
      boolean skipVerification,
      List<String> urls) {
    this(
        reference,
        digest,
        chain,
        manifestDigest,
        tocDigest,
        Optional.empty(),
        prefetchBytes,
        skipVerification,
        urls);
  }

  /**
   * Reads the labels of a snapshot.
   *
   * @return empty if the labels name no layer
   * @throws IllegalArgumentException if a label's value is malformed, or if two sets of labels name
   *     different layers: clients write one set and copy the image's annotations, so the other is
   *     what an image says of itself, and it could name another's repository
   */
  public static Optional<LayerRequest> fromLabels(Map<String, String> labels) {
    var cri = read(labels, CRI + "image-ref", CRI + "layer-digest", CRI + "image-layers");
    var remote =
        read(
            labels,
            REMOTE + "stargz.reference",
            REMOTE + "stargz.digest",
            REMOTE + "stargz.layers");
    if (cri.isPresent() && remote.isPresent() && !cri.get().namesTheSame(remote.get())) {
      throw new IllegalArgumentException(
          "its labels name two layers, %s of %s and %s of %s: an annotation of the image is one"
              .formatted(
                  cri.get().digest,
                  cri.get().reference,
                  remote.get().digest,
                  remote.get().reference));
    }
    return cri.or(() -> remote);
  }

  private boolean namesTheSame(LayerRequest other) {
    return reference.equals(other.reference) && digest.equals(other.digest);
  }

  private static Optional<LayerRequest> read(
      Map<String, String> labels, String referenceLabel, String digestLabel, String chainLabel) {
    var reference = labels.get(referenceLabel);
    var digest = labels.get(digestLabel);
    if (reference == null || digest == null) {
      return Optional.empty();
    }
    var prefetch = labels.get(REMOTE + "stargz.prefetch");
    return Optional.of(
        new LayerRequest(
            reference,
            Digest.parseSha256(digest),
            list(labels.getOrDefault(chainLabel, "")).stream().map(Digest::parseSha256).toList(),
            digest(labels, CRI + "manifest-digest"),
            digest(labels, TOC_DIGEST),
            digest(labels, TOC_CHECKSUM),
            prefetch == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(prefetch)),
            labels.containsKey(REMOTE + "stargz.skipverify"),
            list(labels.getOrDefault(REMOTE + "urls", ""))));
  }

  private static Optional<Digest> digest(Map<String, String> labels, String label) {
    return Optional.ofNullable(labels.get(label)).map(Digest::parseSha256);
  }

  private static List<String> list(String commaSeparated) {
    var parts = new ArrayList<String>();
    for (var part : commaSeparated.split(",", -1)) {
      if (!part.isBlank()) {
        parts.add(part.strip());
      }
    }
    return parts;
  }

  /**
   * Returns requests for the layers that the client will ask for next. They carry no digest of the
   * table of contents: it is taken from the image's manifest, and compared with the client's when
   * the client asks.
   */
  public List<LayerRequest> above() {
    return chain.stream()
        .filter(other -> !other.equals(digest))
        .distinct()
        .map(
            other ->
                new LayerRequest(
                    reference,
                    other,
                    List.of(other),
                    manifestDigest,
                    Optional.empty(),
                    prefetchBytes,
                    skipVerification,
                    List.of()))
        .toList();
  }

  /** Returns the registry's name. */
  String registry() {
    return ImageReference.registryOf(reference);
  }

  /** Returns what the client's labels say of the table of contents, if they do. */
  public Optional<TocTrust> toc() {
    return tocDigest
        .<TocTrust>map(TocTrust.Json::new)
        .or(() -> tocChecksum.map(TocTrust.Compressed::new));
  }

  /** Returns the same request with a digest of the table of contents, learnt elsewhere. */
  LayerRequest withToc(TocTrust toc) {
    var json = toc instanceof TocTrust.Json trust ? trust.digest() : null;
    var compressed = toc instanceof TocTrust.Compressed trust ? trust.digest() : null;
    return new LayerRequest(
        reference,
        digest,
        chain,
        manifestDigest,
        Optional.ofNullable(json),
        Optional.ofNullable(compressed),
        prefetchBytes,
        skipVerification,
        urls);
  }

  /** Returns the same request with the digests that the stored layer was found to have. */
  LayerRequest withTocsOf(LayerRecord stored) {
    return new LayerRequest(
        reference,
        digest,
        chain,
        manifestDigest,
        Optional.ofNullable(stored.tocDigest()).or(() -> tocDigest),
        Optional.ofNullable(stored.compressedTocDigest()).or(() -> tocChecksum),
        prefetchBytes,
        skipVerification,
        urls);
  }

  /**
   * Returns why a layer that was mounted for another request is not what this one names; empty if
   * it is the same. Two tables of contents that cannot be compared count as different.
   */
  public Optional<String> differenceFrom(LayerRequest there) {
    if (!digest.equals(there.digest)) {
      return Optional.of("other layer");
    }
    if (tocDigest.isPresent() && there.tocDigest.isPresent()) {
      return tocDigest.equals(there.tocDigest)
          ? Optional.empty()
          : Optional.of("other table of contents");
    }
    if (tocChecksum.isPresent() && there.tocChecksum.isPresent()) {
      return tocChecksum.equals(there.tocChecksum)
          ? Optional.empty()
          : Optional.of("other table of contents");
    }
    return Optional.of("its table of contents is not known");
  }

  /** Returns labels from which {@link #fromLabels} makes this request again, without its chain. */
  public Map<String, String> toLabels() {
    var labels = new HashMap<String, String>();
    labels.put(REMOTE + "stargz.reference", reference);
    labels.put(REMOTE + "stargz.digest", digest.toString());
    manifestDigest.ifPresent(value -> labels.put(CRI + "manifest-digest", value.toString()));
    tocDigest.ifPresent(value -> labels.put(TOC_DIGEST, value.toString()));
    tocChecksum.ifPresent(value -> labels.put(TOC_CHECKSUM, value.toString()));
    prefetchBytes.ifPresent(value -> labels.put(REMOTE + "stargz.prefetch", Long.toString(value)));
    if (skipVerification) {
      labels.put(REMOTE + "stargz.skipverify", "true");
    }
    if (!urls.isEmpty()) {
      labels.put(REMOTE + "urls", String.join(",", urls));
    }
    return labels;
  }

  private static void requireSha256(Digest digest) {
    if (!digest.isSha256()) {
      throw new IllegalArgumentException("not a sha256 digest: " + digest);
    }
  }
}
