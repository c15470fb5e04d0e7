package dev.lazuli.snapshotter.proof;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.compare.LayerCheck;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.WholeBlob;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.snapshotter.fetch.CacheChunkView;
import dev.lazuli.snapshotter.proof.WholeBlobStream.Pace;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves one layer: reads its blob whole, stores what is missing on the way, and says what was
 * found. Used by one thread.
 */
final class ProofPass {
  private static final Logger log = LoggerFactory.getLogger(ProofPass.class);

  /** For the memory of the tar's index, which few layers have to wait for. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final ProvableLayer layer;
  private final Limits limits;
  private final IndexMemory memory;
  private final ChunkDecoder decoder;
  private final Pace pace;
  private final PassLife life;
  private final long firstWaitMillis;

  /**
   * Makes a pass.
   *
   * @param memory pays for the index of the tar that is compared with what the layer shows
   */
  ProofPass(
      ProvableLayer layer,
      Limits limits,
      IndexMemory memory,
      ChunkDecoder decoder,
      Pace pace,
      PassLife life,
      long firstWaitMillis) {
    this.limits = limits;
    this.memory = memory;
    this.layer = layer;
    this.decoder = decoder;
    this.pace = pace;
    this.life = life;
    this.firstWaitMillis = firstWaitMillis;
  }

  /**
   * Reads the blob; twice where its digest is not the layer's, the second time from another host if
   * there is one. A wrong digest says something of the hosts, and nothing of the layer.
   *
   * @throws WrongBlobException if the digest is wrong twice
   * @throws IOException if the blob cannot be read to its end; or if the metadata image on the disk
   *     is damaged, and then nothing was fetched
   */
  LayerProof run(InstantSource clock) throws IOException {
    try (var data = layer.share()) {
      // Each try costs a whole blob, which is wasted if its files cannot be compared in the end.
      data.checkMeta();
      var digest = data.record().digest();
      var found = read(data);
      if (!found.blobDigest().equals(digest)) {
        log.warn("{} is {}; reading it once more", layer.blob(), found.blobDigest());
        layer.blob().wrongBytes(0, data.record().size());
        found = read(data);
      }
      if (!found.blobDigest().equals(digest)) {
        var wrong = new WrongBlobException(layer.blob().toString(), found.blobDigest());
        layer.blob().wrongBytes(0, data.record().size());
        throw wrong;
      }
      return proof(found, clock);
    }
  }

  private WholeBlob read(LayerData data) throws IOException {
    var chunks = new MissingChunks(data, layer::arrived, layer::notStored);
    var compression = Compression.valueOf(data.record().compression());
    long size = data.record().size();
    var table = new CacheChunkView(data);
    try (var share = memory.share(layer.digest().toString(), PATIENCE);
        var check = new LayerCheck(limits, share, table);
        var blob = new WholeBlobStream(layer.blob(), size, pace, life, firstWaitMillis)) {
      var found = decoder.decodeWhole(compression, blob, table, chunks, check);
      return found.problem().isPresent() ? found : compared(found, check, data);
    }
  }

  private WholeBlob compared(WholeBlob found, LayerCheck check, LayerData data) throws IOException {
    try (var tree = layer.tree(data)) {
      return new WholeBlob(found.blobDigest(), found.diffId(), check.difference(tree));
    }
  }

  private static LayerProof proof(WholeBlob found, InstantSource clock) {
    return found.problem().isPresent()
        ? new LayerProof(null, found.problem().get(), clock.instant())
        : new LayerProof(found.diffId().orElseThrow(), null, clock.instant());
  }
}
