package dev.lazuli.snapshotter.podman;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A layer that clients of the store use, and how often.
 *
 * @param name by which they ask for it
 * @param layer what it is
 * @param count how many uses were not taken back, at least 0
 * @param requests numbers of the requests that were counted last
 */
record StoredUse(StoreName name, NamedLayer layer, int count, List<Long> requests) {
  /** One lookup for a pull, and one for each layer made of it: more at once are not to be seen. */
  private static final int MOST_REQUESTS = 8;

  private static final String COMPRESSED = "compressed";
  private static final String ZSTD = "zstd";
  private static final int WORDS = 10;

  StoredUse {
    requests = List.copyOf(requests);
  }

  /**
   * What an image says of a layer.
   *
   * @param digest of its blob
   * @param blobSize bytes of its blob
   * @param manifest digest of the manifest that names it
   * @param diffId digest of its tar
   * @param isCompressedToc whether the digest in its name is that of the table of contents as it
   *     lies in the blob
   * @param isZstd whether it is compressed by zstd, and not by gzip
   */
  record NamedLayer(
      Digest digest,
      long blobSize,
      Digest manifest,
      Digest diffId,
      boolean isCompressedToc,
      boolean isZstd) {}

  /** Returns the request that mounts the layer. */
  LayerRequest request() {
    return request(List.of(layer.digest()));
  }

  /**
   * Returns the request that mounts the layer.
   *
   * @param chain it and the layers above it
   */
  LayerRequest request(List<Digest> chain) {
    var toc = Optional.of(name.toc());
    return new LayerRequest(
        name.image(),
        layer.digest(),
        chain,
        Optional.of(layer.manifest()),
        layer.isCompressedToc() ? Optional.empty() : toc,
        layer.isCompressedToc() ? toc : Optional.empty(),
        OptionalLong.empty(),
        false,
        List.of());
  }

  /** Returns whether a request is among those that were counted last. */
  boolean has(long request) {
    return requests.contains(request);
  }

  /** Returns this after one more request. */
  StoredUse counted(int newCount, long request) {
    var all = new ArrayList<>(requests);
    all.add(request);
    if (all.size() > MOST_REQUESTS) {
      all.removeFirst();
    }
    return new StoredUse(name, layer, newCount, all);
  }

  /** Returns this as a line of a file. */
  String line() {
    return "%d %s %s %s %d %s %s %s %s %s"
        .formatted(
            count,
            name.image(),
            name.toc(),
            layer.digest(),
            layer.blobSize(),
            layer.manifest(),
            layer.diffId(),
            layer.isCompressedToc() ? COMPRESSED : "json",
            layer.isZstd() ? ZSTD : "gzip",
            requests.isEmpty()
                ? "-"
                : String.join(",", requests.stream().map(String::valueOf).toList()));
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException if it is not one that {@link #line} wrote
   */
  static StoredUse parse(String line) {
    var words = line.split(" ", -1);
    if (words.length != WORDS) {
      throw new IllegalArgumentException("not " + WORDS + " words in a line");
    }
    var layer =
        new NamedLayer(
            Digest.parseSha256(words[3]),
            Long.parseLong(words[4]),
            Digest.parseSha256(words[5]),
            Digest.parse(words[6]),
            words[7].equals(COMPRESSED),
            words[8].equals(ZSTD));
    var requests =
        words[9].equals("-")
            ? List.<Long>of()
            : List.of(words[9].split(",", -1)).stream().map(Long::valueOf).toList();
    var name = new StoreName(words[1], Digest.parseSha256(words[2]));
    return new StoredUse(name, layer, Integer.parseInt(words[0]), requests);
  }
}
