package dev.lazuli.snapshotter.bulk;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.read.UnpackedLayer;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.registry.model.LeastRate;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One layer being pulled whole. Run by one thread; what it has done so far is seen by any. */
final class LayerPull {
  private static final Logger log = LoggerFactory.getLogger(LayerPull.class);

  /** How long to wait for memory for the layer's index; few layers have to. */
  private static final Duration INDEX_PATIENCE = Duration.ofMinutes(1);

  /** After how much waiting for a registry its rate is checked. */
  static final Duration RATE_WINDOW = Duration.ofSeconds(30);

  /** What all pulls share. */
  record Parts(
      LayerStore store,
      LayerUnpacker unpacker,
      IndexMemory indexes,
      BlockBudget blocks,
      TreeWriter trees,
      int ranges,
      InstantSource clock,
      PullClock pace,
      PullRecorder recorder) {}

  /**
   * The time that pulls take.
   *
   * @param nanoTime such as {@link System#nanoTime}
   * @param leastRate how many bytes a second a pull must bring, as things are now
   */
  record PullClock(LongSupplier nanoTime, LongSupplier leastRate) {}

  private final Parts parts;
  private final Digest digest;
  private final String reference;
  private final BlobSource blob;
  private volatile @Nullable OrderedRanges reading;
  private volatile boolean cancelled;
  private volatile long blobBytes;

  /** Ranges at the same time. */
  private int most;

  private BooleanSupplier giveUp = () -> false;

  private final AtomicLong arrived = new AtomicLong();
  private final AtomicLong written = new AtomicLong();

  LayerPull(Parts parts, Digest digest, String reference, BlobSource blob) {
    this.parts = parts;
    this.digest = digest;
    this.reference = reference;
    this.blob = blob;
  }

  /**
   * Pulls the layer, and once more if the bytes were wrong: another host may have the right ones.
   *
   * @param giveUp called where going on would use the disk's reserve; returns whether to end
   *     instead
   * @return the layer, complete and proved; the caller's to close
   * @throws IOException if it cannot be pulled; nothing is left of it
   */
  LayerData run(BooleanSupplier giveUp) throws IOException {
    this.giveUp = giveUp;
    checkWanted();
    blobBytes = blob.size();
    refuseWithoutRoom();
    keepReserve(blobBytes);
    checkWanted();
    most = isByRanges() ? parts.ranges() : OrderedRanges.IN_ONE;
    try {
      return attempt();
    } catch (LayerFormatException | TarFormatException | EOFException | OtherBlobException e) {
      if (cancelled) {
        throw e;
      }
      log.warn("layer {}: {}; pulling it once more", digest, e.getMessage());
      blob.wrongBytes(0, blobBytes);
      return attempt();
    }
  }

  private void checkWanted() throws GivenUpException {
    if (cancelled) {
      throw new GivenUpException();
    }
  }

  /** From a host without ranges, each would cost all of the blob before it. */
  private boolean isByRanges() throws IOException {
    return blobBytes <= BlockBudget.BLOCK_BYTES || blob.acceptsRanges();
  }

  /** Downloads nothing that cannot fit: what is stored is about as large as the blob, or larger. */
  private void refuseWithoutRoom() throws IOException {
    long free = parts.store().freeBytes();
    if (blobBytes > free) {
      throw new IOException(
          "the blob alone needs %d bytes, and %d are free on the cache's disk"
              .formatted(blobBytes, free));
    }
  }

  /** What no client waits for takes nothing of what is to stay free for others. */
  private void keepReserve(long bytes) throws GivenUpException {
    if (bytes > parts.store().spareBytes() && giveUp.getAsBoolean()) {
      throw new GivenUpException("no client waits for it, and cache.reserve is to stay free");
    }
  }

  private LayerData attempt() throws IOException {
    arrived.set(0);
    written.set(0);
    var record =
        UnindexedLayer.record(digest, blobBytes, Compression.NONE, null).withReference(reference);
    try (var layer = parts.store().create(record);
        var recording = parts.recorder().begin(digest, reference, blobBytes);
        var unpacked = unpack(layer, recording)) {
      if (!unpacked.blobDigest().equals(digest)) {
        throw new OtherBlobException(digest, unpacked.blobDigest());
      }
      long dataSize = Math.max(unpacked.dataSize(), unpacked.index().dataSize());
      parts.trees().write(unpacked.index(), dataSize, layer.meta());
      layer.chunks().dataSize(dataSize);
      var proof = new LayerProof(unpacked.diffId(), null, parts.clock().instant());
      var stored = whole(layer.commitWhole(unpacked.compression().name(), proof));
      recording.succeeded(unpacked.compression());
      return stored;
    }
  }

  private UnpackedLayer unpack(NewLayer layer, PullRecording recording) throws IOException {
    try (var ranges = new OrderedRanges(blob, blobBytes, parts.blocks(), most)) {
      reading = ranges;
      if (cancelled) {
        ranges.cancel();
      }
      var sink = recording.beside(new StoreSink(layer, this::keepReserve, written::addAndGet));
      // The last to be taken: it belongs to the unpacker, whatever happens there.
      var share = parts.indexes().share(digest.toString(), INDEX_PATIENCE);
      return parts.unpacker().unpack(new Counted(ranges), digest.toString(), share, sink);
    } finally {
      reading = null;
    }
  }

  /** Somebody else may have stored the layer in the meantime, in another way. */
  private LayerData whole(LayerData stored) throws IOException {
    if (isWhole(stored.record())) {
      return stored;
    }
    stored.close();
    throw new IOException("layer " + digest + " was mounted by an index in the meantime");
  }

  /** Returns whether a stored layer is complete and known to be what its digest stands for. */
  static boolean isWhole(LayerRecord record) {
    return record.completed() != null && record.isProved();
  }

  /** Makes the pull fail soon. From any thread. */
  void cancel() {
    cancelled = true;
    var ranges = reading;
    if (ranges != null) {
      ranges.cancel();
    }
  }

  /** Returns what can be shown of the pull. */
  BulkProgress progress(boolean isRunning) {
    return new BulkProgress(digest, reference, blobBytes, arrived.get(), written.get(), isRunning);
  }

  /** Counts what comes, and ends a pull whose registry only drips. */
  private final class Counted implements BlobStream {
    private final BlobStream stream;
    private final LeastRate rate = new LeastRate(RATE_WINDOW, parts.pace().leastRate());

    Counted(BlobStream stream) {
      this.stream = stream;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      long began = parts.pace().nanoTime().getAsLong();
      var piece = stream.next();
      if (piece != null) {
        arrived.addAndGet(piece.remaining());
        rate.received(piece.remaining(), parts.pace().nanoTime().getAsLong() - began);
      }
      return piece;
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
