package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.CacheChunkView;
import dev.lazuli.snapshotter.layers.index.PacedBlob;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether an image may have a layer that only other repositories have brought here: if its own
 * registry has the blob. A registry could say so of any digest, so it must also send the bytes of a
 * chunk that is chosen when they are asked for. What was proved is kept as one more reference of
 * the stored layer, so each repository is asked once for each layer; what failed is remembered for
 * half a minute. Safe for any thread.
 */
final class Admission {
  /** Compressed streams are mostly smaller; larger ones are taken if there is nothing else. */
  private static final long FEW_BYTES = 1 << 20;

  /** If no chunk costs less, the layer is pulled in the ordinary way. */
  private static final long MOST_BYTES = 16 << 20;

  /** Chunks that are looked at for one that costs little. */
  private static final int TRIES = 64;

  /** How long a refusal holds: whoever asks again at once does not make us ask again. */
  private static final Duration REFUSED = Duration.ofSeconds(30);

  private static final int MOST_REFUSALS = 16;

  /** More than one claim needs: the layer must go, and come again, each time. */
  private static final int MOST_TIMES_ASKED = 8;

  private static final Logger log = LoggerFactory.getLogger(Admission.class);

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Digest digest;
  private final LayerParts parts;
  private final TableTrust tables;
  private final LongSupplier nanoTime;

  /** By image and by what it asked for, the oldest first; guarded by itself. */
  @GuardedBy("refusals")
  private final SequencedMap<Asked, Refusal> refusals = new LinkedHashMap<>();

  /** Whether an asker who names its table of contents is refused depends on it. */
  private record Asked(String reference, Optional<TocTrust> toc, Trust trust) {}

  private record Refusal(IOException reason, long since) {}

  Admission(Digest digest, LayerParts parts, TableTrust tables) {
    this(digest, parts, tables, System::nanoTime);
  }

  Admission(Digest digest, LayerParts parts, TableTrust tables, LongSupplier nanoTime) {
    this.digest = digest;
    this.parts = parts;
    this.tables = tables;
    this.nanoTime = nanoTime;
  }

  /** Returns whether the layer is here but was brought by other repositories alone. */
  boolean isOfOthers(LayerRequest request) {
    var tenancy = parts.options().tenancy();
    return parts
        .store()
        .record(digest)
        .filter(record -> !tenancy.shares(record.references(), request.reference()))
        .isPresent();
  }

  /** Returns one who asks for the layer. */
  Asker of(LayerRequest request, Trust trust) {
    return new Asker(request, trust);
  }

  /** Who asks for the layer, and what was found about them. Used by one thread. */
  final class Asker {
    private final LayerRequest request;
    private final Trust trust;
    private boolean admitted;
    private int asked;

    private Asker(LayerRequest request, Trust trust) {
      this.request = request;
      this.trust = trust;
      this.admitted = trust == Trust.RESTORED;
    }

    /**
     * Asks the image's registry, if the layer is here but others brought it.
     *
     * @throws LayerMountException if it does not have the layer, or others bring it again and again
     */
    void ask() throws LayerMountException {
      if (admitted || !isOfOthers(request)) {
        return;
      }
      if (++asked > MOST_TIMES_ASKED) {
        throw new LayerMountException(digest, "is brought and removed by others again and again");
      }
      // What is claimed ahead is seen by nobody before the claim for its snapshot.
      admitted = require(request, trust) || trust == Trust.DEFERRED;
    }

    /** Returns whether they may have what is here now, which others may have brought meanwhile. */
    boolean mayHaveIt() {
      return admitted || !isOfOthers(request);
    }

    /** Does what {@link TableTrust#require} says, if the table must be known now. */
    void requireTable(LayerRecord there) throws IOException {
      if (trust != Trust.DEFERRED) {
        tables.require(request, there);
      }
    }

    /**
     * Records who uses the layer, which must be what they asked for. They are asked for no chunk
     * again, so a claim made ahead, which is asked for none, is not recorded.
     */
    void note(LayerData layer) {
      try {
        if (trust != Trust.DEFERRED) {
          layer.addReference(request.reference());
        }
      } catch (IOException e) {
        log.warn(
            "layer {}: use by {} is not recorded: {}", digest, request.reference(), e.toString());
      }
    }
  }

  /**
   * Asks the image's own registry; reads some hundred kilobytes at most as a rule.
   *
   * @return whether it has sent what the layer here has; if not, there was nothing to compare
   * @throws LayerMountException if it does not have the layer that is here
   */
  boolean require(LayerRequest request, Trust trust) throws LayerMountException {
    var asked = new Asked(request.reference(), request.toc(), trust);
    var before = refusal(asked);
    if (before.isPresent()) {
      throw refused(request, before.get());
    }
    try {
      // Not compared with the size here, which may be that of an impostor.
      var blob = parts.origin().blob(request.reference(), digest, -1);
      long _ = blob.size();
      return trust != Trust.DEFERRED
          && requireChunk(request, PacedBlob.within(blob, parts.options().indexes().timeout()));
    } catch (IOException e) {
      remember(asked, e);
      throw refused(request, e);
    }
  }

  private LayerMountException refused(LayerRequest request, IOException reason) {
    return new LayerMountException(
        digest,
        "is on this node, but whether %s has it is not known: %s"
            .formatted(request.reference(), reason.getMessage()),
        reason);
  }

  private Optional<IOException> refusal(Asked asked) {
    synchronized (refusals) {
      refusals
          .values()
          .removeIf(refusal -> nanoTime.getAsLong() - refusal.since() > REFUSED.toNanos());
      return Optional.ofNullable(refusals.get(asked)).map(Refusal::reason);
    }
  }

  private void remember(Asked asked, IOException reason) {
    synchronized (refusals) {
      if (refusals.size() == MOST_REFUSALS) {
        refusals.pollFirstEntry();
      }
      refusals.put(asked, new Refusal(reason, nanoTime.getAsLong()));
    }
  }

  /** What is here by another table of contents is not shared, so nothing need be proved. */
  private boolean requireChunk(LayerRequest request, BlobSource blob) throws IOException {
    try (var stored = stored(request).orElse(null)) {
      if (stored == null) {
        return false;
      }
      var chunks = new CacheChunkView(stored);
      if (chunks.chunkCount() > 0) {
        var compression = Compression.named(digest.toString(), stored.record().compression());
        read(compression, chunks, chunk(chunks), blob);
      }
      return true;
    }
  }

  private Optional<LayerData> stored(LayerRequest request) {
    LayerData stored = null;
    try {
      stored = parts.store().find(digest).orElse(null);
      if (stored != null) {
        tables.require(request, stored.record());
      }
      return Optional.ofNullable(stored);
    } catch (IOException _) {
      if (stored != null) {
        stored.close();
      }
      return Optional.empty();
    }
  }

  /** Returns a chunk that nobody can predict. */
  private int chunk(ChunkTableView chunks) throws IOException {
    int best = -1;
    for (int i = 0; i < TRIES; i++) {
      int chunk = RANDOM.nextInt(chunks.chunkCount());
      if (bytes(chunks, chunk) <= FEW_BYTES) {
        return chunk;
      }
      if (best < 0 || bytes(chunks, chunk) < bytes(chunks, best)) {
        best = chunk;
      }
    }
    if (bytes(chunks, best) > MOST_BYTES) {
      throw new IOException("it has no chunk that is small enough to ask for");
    }
    return best;
  }

  private static long bytes(ChunkTableView chunks, int chunk) {
    return chunks.chunkBlobEnd(chunk) - chunks.chunkBlobOffset(chunk);
  }

  private static void read(
      Compression compression, ChunkTableView chunks, int chunk, BlobSource blob)
      throws IOException {
    long from = chunks.chunkBlobOffset(chunk);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var range = blob.open(from, chunks.chunkBlobEnd(chunk) - from)) {
      decoder.decode(compression, range, from, chunks, new int[] {chunk}, ChunkSink.NOWHERE);
    }
  }
}
