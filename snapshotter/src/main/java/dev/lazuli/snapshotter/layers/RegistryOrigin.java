package dev.lazuli.snapshotter.layers;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageConfig;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Manifest;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.knowledge.IndexPublisher;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import dev.lazuli.snapshotter.layers.index.ExternalTocs;
import dev.lazuli.snapshotter.layers.index.KeptManifest;
import dev.lazuli.snapshotter.layers.index.ListedImage;
import dev.lazuli.snapshotter.locks.KeyedLocks;
import dev.lazuli.snapshotter.start.ImageStart;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Layers as registries have them. What the last manifests said is remembered, and for a minute also
 * that one could not be read: the layers of an image are asked for one after the other. Safe for
 * use by several threads.
 */
public final class RegistryOrigin implements LayerOrigin {
  /** A usual image takes about 5 KiB of it. */
  private static final long REMEMBERED_BYTES = 1 << 20;

  /** What an entry takes beside its texts and its manifest. */
  private static final int OUTCOME_BYTES = 300;

  private static final Duration REMEMBERED = Duration.ofMinutes(1);

  /** What reading a manifest came to: the manifest, or why not. */
  private record Outcome(@Nullable KeptManifest manifest, String failure) {
    static int bytes(String key, Outcome outcome) {
      int manifest = outcome.manifest == null ? 0 : outcome.manifest.bytes();
      return OUTCOME_BYTES + key.length() + outcome.failure.length() + manifest;
    }

    KeptManifest require() throws IOException {
      if (manifest == null) {
        throw new IOException(failure);
      }
      return manifest;
    }
  }

  private final RegistryClient registry;
  private final List<IndexSource> indexes;
  private final IndexPublisher publisher;
  private final ExternalTocs tocs;
  private final Cache<String, Outcome> manifests =
      Caffeine.newBuilder()
          .maximumWeight(REMEMBERED_BYTES)
          .weigher(Outcome::bytes)
          .expireAfterWrite(REMEMBERED)
          .build();
  private final KeyedLocks<String> reading = new KeyedLocks<>();

  /** Asks registries by this client, which stays the caller's; nobody is asked for indexes. */
  public RegistryOrigin(RegistryClient registry) {
    this(registry, List.of(), IndexPublisher.NONE);
  }

  /**
   * Asks registries by a client, which stays the caller's.
   *
   * @param indexes who may have indexes of layers whose images name none, the most trusted first
   * @param publisher who makes known what is learnt of layers; stays the caller's
   */
  public RegistryOrigin(
      RegistryClient registry, List<IndexSource> indexes, IndexPublisher publisher) {
    this.registry = registry;
    this.indexes = List.copyOf(indexes);
    this.publisher = publisher;
    this.tocs = new ExternalTocs(registry);
  }

  @Override
  public List<IndexSource> indexes() {
    return indexes;
  }

  @Override
  public IndexPublisher publisher() {
    return publisher;
  }

  @Override
  public BlobSource blob(String reference, Digest digest, long size) throws IOException {
    return registry.blob(ImageReference.require(reference), digest, size);
  }

  @Override
  public Optional<Digest> digestIn(String reference) throws IOException {
    return Optional.ofNullable(ImageReference.require(reference).digest());
  }

  @Override
  public Optional<TocTrust> toc(String reference, Digest manifestDigest, Digest layer)
      throws IOException {
    var outcome = outcome(reference, manifestDigest);
    if (outcome.manifest() == null) {
      throw new LayerMountException(
          layer, "cannot read its manifest, which may have the TOC's digest: " + outcome.failure());
    }
    var listed =
        outcome
            .manifest()
            .layer(layer)
            .orElseThrow(
                () ->
                    new LayerMountException(
                        layer, "manifest " + manifestDigest + " does not list it"));
    if (!listed.problem().isEmpty()) {
      throw new LayerMountException(layer, "annotation of its TOC: " + listed.problem());
    }
    return listed.toc();
  }

  @Override
  public List<Digest> listed(LayerRequest request) throws IOException {
    if (request.manifestDigest().isEmpty()) {
      return List.of();
    }
    return outcome(request.reference(), request.manifestDigest().get()).require().digests();
  }

  @Override
  public Optional<BlobSource> externalToc(String reference, Digest layer) throws IOException {
    return tocs.find(ImageReference.require(reference), layer);
  }

  @Override
  public Digest imageManifest(String reference, Digest manifestDigest) throws IOException {
    return outcome(reference, manifestDigest).require().digest();
  }

  @Override
  public Optional<String> sociIndex(String reference, Digest manifestDigest) throws IOException {
    return outcome(reference, manifestDigest).require().soci();
  }

  /** One thread reads a manifest, the others that want it wait for what comes of it. */
  private Outcome outcome(String reference, Digest manifestDigest) {
    var key = reference + " " + manifestDigest;
    try (var _ = reading.lock(key)) {
      var known = manifests.getIfPresent(key);
      if (known != null) {
        return known;
      }
      var read = read(reference, manifestDigest);
      manifests.put(key, read);
      return read;
    }
  }

  private Outcome read(String reference, Digest manifestDigest) {
    try {
      var exact = ImageReference.require(reference).withDigest(manifestDigest);
      return new Outcome(kept(exact), "");
    } catch (IOException e) {
      return new Outcome(null, e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  @Override
  public Optional<ImageStart> start(String reference, Optional<Digest> manifestDigest)
      throws IOException {
    var parsed = ImageReference.require(reference);
    var digest = manifestDigest.or(() -> Optional.ofNullable(parsed.digest()));
    var kept = digest.isPresent() ? outcome(reference, digest.get()).require() : kept(parsed);
    var config = ImageConfig.parse(registry.content(parsed, kept.config()));
    return Optional.of(
        ImageStart.of(
            kept.digests(),
            config.entrypoint(),
            config.command(),
            config.environment(),
            config.workingDirectory()));
  }

  @Override
  public Optional<ListedImage> image(String reference) throws IOException {
    var parsed = ImageReference.require(reference);
    var kept = listed(parsed);
    var diffIds = ImageConfig.diffIds(registry.content(parsed, kept.config()));
    return Optional.of(ListedImage.of(kept.digest(), kept.layers(), diffIds));
  }

  /** What is needed of a manifest while the configuration is waited for: little of its text. */
  private record Listed(Digest digest, Descriptor config, List<Descriptor> layers) {}

  private Listed listed(ImageReference parsed) throws IOException {
    var content = content(parsed);
    var manifest = requireManifest(parsed, content.manifest());
    return new Listed(
        content.descriptor().digest(),
        manifest.config().withoutText(),
        manifest.layers().stream().map(ListedImage::withoutText).toList());
  }

  private KeptManifest kept(ImageReference exact) throws IOException {
    var content = content(exact);
    var manifest = requireManifest(exact, content.manifest());
    return KeptManifest.of(content.descriptor().digest(), manifest);
  }

  /** Returns the manifest of an image for this machine. */
  private ManifestContent content(ImageReference exact) throws IOException {
    var read = registry.manifest(exact);
    if (read.manifest() instanceof ImageIndex index) {
      var platform = Platform.current();
      var chosen =
          index
              .forPlatform(platform)
              .orElseThrow(() -> new IOException(exact + " has no image for " + platform));
      read = registry.manifest(exact, chosen);
    }
    return read;
  }

  private static ImageManifest requireManifest(ImageReference exact, Manifest read)
      throws IOException {
    if (read instanceof ImageManifest manifest) {
      return manifest;
    }
    throw new IOException(exact + ": an index within an index is not an image");
  }
}
