package dev.lazuli.snapshotter.proof;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.estargz.BlobSource;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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

  /**
   * Registries that are waited for in one pass, each for a minute or so; others have their turn.
   */
  private static final int MOST_AWAY = 4;

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
   * Reads the blob from one registry after the other until one sends the right one. From each it is
   * read twice where its digest is wrong, since a host of it may have sent wrong bytes. Only a
   * layer of which every registry sends another blob has lied: one alone could else take it from
   * the images of all others. The one that was good last is asked first, the others in any order,
   * so that a few that are silent do not keep the layer from the right one each time.
   *
   * @throws IOException if no registry sent the right blob and one of them could not be read to its
   *     end, or was wrong in two ways; or if the metadata image on the disk is damaged, and then
   *     nothing was fetched
   */
  LayerProof run(InstantSource clock) throws IOException {
    try (var data = layer.share()) {
      // Each try costs a whole blob, which is wasted if its files cannot be compared in the end.
      data.checkMeta();
      var lie = "";
      IOException away = null;
      int tries = 0;
      for (var blob : shuffled(layer.blobs())) {
        try {
          var found = readTwice(data, blob);
          if (found.blobDigest().equals(layer.digest())) {
            return proof(found, clock);
          }
          lie = "its blob is " + found.blobDigest();
        } catch (PassEndedException e) {
          throw e;
        } catch (IOException e) {
          away = away == null ? e : away;
          if (++tries == MOST_AWAY) {
            break;
          }
        }
      }
      if (away != null) {
        throw away;
      }
      return new LayerProof(null, lie, /* isOtherBlob= */ true, clock.instant());
    }
  }

  private static List<BlobSource> shuffled(List<BlobSource> blobs) {
    var shuffled = new ArrayList<>(blobs);
    Collections.shuffle(shuffled.subList(Math.min(1, blobs.size()), blobs.size()));
    return shuffled;
  }

  private WholeBlob readTwice(LayerData data, BlobSource blob) throws IOException {
    var first = read(data, blob);
    if (first.blobDigest().equals(layer.digest())) {
      return first;
    }
    log.warn("{} is {}; reading it once more", blob, first.blobDigest());
    blob.wrongBytes(0, data.record().size());
    var second = read(data, blob);
    boolean isRight = second.blobDigest().equals(layer.digest());
    if (!isRight && !second.blobDigest().equals(first.blobDigest())) {
      throw new IOException(blob + " differed between two reads, and neither was the layer's");
    }
    return second;
  }

  private WholeBlob read(LayerData data, BlobSource source) throws IOException {
    var chunks = new MissingChunks(data, layer::arrived, layer::notStored);
    life.beforePauses(chunks::letGo);
    var compression = Compression.named(layer.digest().toString(), data.record().compression());
    long size = data.record().size();
    var table = new CacheChunkView(data);
    try (var share = memory.share(layer.digest().toString(), PATIENCE);
        var check = new LayerCheck(limits, share, table);
        var blob = new WholeBlobStream(source, size, pace, life, firstWaitMillis)) {
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
