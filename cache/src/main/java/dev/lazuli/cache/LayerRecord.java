package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a stored layer: the content of its {@code layer.json}.
 *
 * @param digest the layer blob's SHA-256 digest
 * @param size the layer blob's size in bytes (compressed)
 * @param format the index format that gave the chunk table, for example {@code ESTARGZ}
 * @param compression how the blob is compressed: a name of {@code estargz.Compression}, such as
 *     {@code GZIP}; the store only keeps it
 * @param tocDigest the digest the index was checked against; null if the format has none, or the
 *     index was not checked
 * @param compressedTocDigest the digest of the index as it lies compressed in the blob, where known
 * @param slot the layer's number on this node, 1 to 2^31 - 1, never given twice; 0 before the store
 *     has assigned it
 * @param references image references the layer was pulled by, without repeats, the newest last; of
 *     more than {@value #MOST_REFERENCES} the oldest are dropped, first those of whose repository a
 *     newer one is known
 * @param created when the layer was added to the store
 * @param completed when its last chunk was on disk and synced; null while chunks are missing
 * @param prefetchEnd blob offset where prefetch ends; 0 if the image asks for no prefetch, -1 where
 *     it does not say
 * @param pinned when somebody asked to keep the layer whatever the quota says; null if it is not
 *     pinned
 * @param proof what reading the whole blob has shown; null before that
 */
public record LayerRecord(
    Digest digest,
    long size,
    String format,
    String compression,
    @Nullable Digest tocDigest,
    @Nullable Digest compressedTocDigest,
    long slot,
    List<String> references,
    Instant created,
    @Nullable Instant completed,
    long prefetchEnd,
    @Nullable Instant pinned,
    @Nullable LayerProof proof) {

  /** How many references are kept. */
  public static final int MOST_REFERENCES = 64;

  public LayerRecord {
    if (!digest.isSha256()) {
      throw new IllegalArgumentException("a layer's digest is not a sha256 digest: " + digest);
    }
    if (size < 0 || slot < 0 || slot > Integer.MAX_VALUE || prefetchEnd < -1) {
      throw new IllegalArgumentException(
          "layer %s: size %d, slot %d, prefetch end %d".formatted(digest, size, slot, prefetchEnd));
    }
    references = newest(references.stream().distinct().toList());
  }

  /** A record of a layer whose blob nobody has read from end to end. */
  public LayerRecord(
      Digest digest,
      long size,
      String format,
      String compression,
      @Nullable Digest tocDigest,
      @Nullable Digest compressedTocDigest,
      long slot,
      List<String> references,
      Instant created,
      @Nullable Instant completed,
      long prefetchEnd,
      @Nullable Instant pinned) {
    this(
        digest,
        size,
        format,
        compression,
        tocDigest,
        compressedTocDigest,
        slot,
        references,
        created,
        completed,
        prefetchEnd,
        pinned,
        null);
  }

  /** Returns the record of a layer about to be created: no slot and no references yet. */
  public static LayerRecord of(
      Digest digest,
      long size,
      String format,
      String compression,
      @Nullable Digest tocDigest,
      long prefetchEnd) {
    return new LayerRecord(
        digest,
        size,
        format,
        compression,
        tocDigest,
        null,
        0,
        List.of(),
        Instant.EPOCH,
        null,
        prefetchEnd,
        null);
  }

  /** Many tags of one repository push no other repository out. */
  private static List<String> newest(List<String> all) {
    int tooMany = all.size() - MOST_REFERENCES;
    if (tooMany <= 0) {
      return List.copyOf(all);
    }
    var repositories = new HashSet<String>();
    var repeats = new ArrayList<String>();
    for (var reference : all.reversed()) {
      if (!repositories.add(repositoryOf(reference))) {
        repeats.add(reference);
      }
    }
    var dropped = repeats.subList(Math.max(0, repeats.size() - tooMany), repeats.size());
    var kept = all.stream().filter(reference -> !dropped.contains(reference)).toList();
    return kept.subList(Math.max(0, kept.size() - MOST_REFERENCES), kept.size());
  }

  /** Returns a reference without its tag and digest. */
  private static String repositoryOf(String reference) {
    int digest = reference.indexOf('@');
    var tagged = digest < 0 ? reference : reference.substring(0, digest);
    int tag = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
    return tag < 0 ? tagged : tagged.substring(0, tag);
  }

  /** Returns whether the layer is known to be what its digest stands for. */
  public boolean isProved() {
    return proof != null && proof.lie() == null;
  }

  /** Returns whether nothing vouches for the layer: neither a proof nor a digest of its index. */
  public boolean isUnverified() {
    return proof == null && tocDigest == null;
  }

  /** Returns this record with {@code reference} among its references. */
  public LayerRecord withReference(String reference) {
    if (references.contains(reference)) {
      return this;
    }
    var more = new ArrayList<>(references);
    more.add(reference);
    return with(slot, more, created, completed, pinned);
  }

  /** Returns this record with the digest of the compressed index. */
  public LayerRecord withCompressedTocDigest(Digest compressed) {
    return new LayerRecord(
        digest,
        size,
        format,
        compression,
        tocDigest,
        compressed,
        slot,
        references,
        created,
        completed,
        prefetchEnd,
        pinned,
        proof);
  }

  /** Returns this record with what its whole blob has shown. */
  LayerRecord withProof(LayerProof found) {
    return new LayerRecord(
        digest,
        size,
        format,
        compression,
        tocDigest,
        compressedTocDigest,
        slot,
        references,
        created,
        completed,
        prefetchEnd,
        pinned,
        found);
  }

  /** Returns the record of the same layer once all of it is here. */
  LayerRecord asWhole(String howCompressed, LayerProof found) {
    return new LayerRecord(
        digest,
        size,
        format,
        howCompressed,
        tocDigest,
        compressedTocDigest,
        slot,
        references,
        created,
        found.at(),
        prefetchEnd,
        pinned,
        found);
  }

  LayerRecord withSlot(long newSlot, Instant when) {
    return with(newSlot, references, when, completed, pinned);
  }

  LayerRecord withCompleted(@Nullable Instant when) {
    return with(slot, references, created, when, pinned);
  }

  LayerRecord withPinned(@Nullable Instant when) {
    return with(slot, references, created, completed, when);
  }

  private LayerRecord with(
      long newSlot,
      List<String> newReferences,
      Instant newCreated,
      @Nullable Instant newCompleted,
      @Nullable Instant newPinned) {
    return new LayerRecord(
        digest,
        size,
        format,
        compression,
        tocDigest,
        compressedTocDigest,
        newSlot,
        newReferences,
        newCreated,
        newCompleted,
        prefetchEnd,
        newPinned,
        proof);
  }
}
