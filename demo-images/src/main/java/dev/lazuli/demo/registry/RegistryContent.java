package dev.lazuli.demo.registry;

import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the registry has: blobs by digest, shared by all repositories, and each repository's
 * manifests and tags. Safe for use by several threads.
 */
public final class RegistryContent implements AutoCloseable {
  private record Repository(
      Map<String, StoredManifest> manifests, NavigableMap<String, String> tags) {
    Repository() {
      this(new ConcurrentHashMap<>(), new ConcurrentSkipListMap<>());
    }
  }

  private final Map<String, Repository> repositories = new ConcurrentHashMap<>();
  private final Map<String, BlobContent> blobs = new ConcurrentHashMap<>();
  private final List<OciLayout> layouts = new CopyOnWriteArrayList<>();

  RegistryContent() {}

  /** Adds a blob, in place of any other with this digest. */
  public void addBlob(String digest, BlobContent content) {
    blobs.put(digest, content);
  }

  /** Adds all images of a layout, with the manifests that its indexes list. */
  void addLayout(String repository, OciLayout layout) throws IOException {
    layouts.add(layout);
    for (var image : layout.images().entrySet()) {
      var descriptor = image.getValue();
      addManifest(repository, layout, descriptor.mediaType(), descriptor.digest());
      repository(repository).tags.put(image.getKey(), descriptor.digest());
    }
  }

  private void addManifest(String repository, OciLayout layout, String mediaType, String digest)
      throws IOException {
    var manifest = new StoredManifest(mediaType, Files.readAllBytes(layout.blob(digest)));
    repository(repository).manifests.put(digest, manifest);
    for (var child : manifest.json().path("manifests")) {
      addManifest(
          repository,
          layout,
          child.path("mediaType").asString(""),
          child.path("digest").asString());
    }
  }

  /** Adds a manifest under its digest, and under a tag if the reference is one. */
  public void addManifest(String repository, String reference, StoredManifest manifest) {
    repository(repository).manifests.put(manifest.digest(), manifest);
    if (!Digests.isDigest(reference)) {
      repository(repository).tags.put(reference, manifest.digest());
    }
  }

  Optional<StoredManifest> manifest(String repository, String reference) {
    var found = repositories.get(repository);
    if (found == null) {
      return Optional.empty();
    }
    var digest = Digests.isDigest(reference) ? reference : found.tags.get(reference);
    return digest == null ? Optional.empty() : Optional.ofNullable(found.manifests.get(digest));
  }

  /**
   * Finds a blob among those added, otherwise as a file of a layout.
   *
   * @throws IOException if there is a file, but it cannot be opened
   */
  public Optional<BlobContent> blob(String digest) throws IOException {
    if (!Digests.isDigest(digest)) {
      return Optional.empty();
    }
    var known = blobs.get(digest);
    if (known != null) {
      return Optional.of(known);
    }
    for (var layout : layouts) {
      if (Files.isRegularFile(layout.blob(digest))) {
        var file = new OpenBlobFile(layout.blob(digest));
        blobs.put(digest, file);
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  Optional<List<String>> tags(String repository) {
    return Optional.ofNullable(repositories.get(repository))
        .map(found -> List.copyOf(found.tags.keySet()));
  }

  List<StoredManifest> referrers(String repository, String digest) {
    return repository(repository).manifests.values().stream()
        .filter(manifest -> manifest.subject().equals(digest))
        .sorted((a, b) -> a.digest().compareTo(b.digest()))
        .toList();
  }

  private Repository repository(String name) {
    return repositories.computeIfAbsent(name, _ -> new Repository());
  }

  @Override
  public void close() throws IOException {
    for (var blob : blobs.values()) {
      if (blob instanceof OpenBlobFile file) {
        file.close();
      }
    }
    blobs.clear();
  }
}
