package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.compare.ShownTree;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.SharedBlob;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.proof.ProofWish;
import dev.lazuli.snapshotter.proof.ProvableLayer;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.ProofState;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an open layer knows of its proof: it asks for one, once, and says what came of it. Safe for
 * use by several threads.
 */
final class LayerTruth implements ProvableLayer, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayerTruth.class);

  private final LayerParts parts;
  private final LayerData data;
  private final SharedBlob blob;
  private final LayerFetch fetch;
  private final Runnable onEnd;
  private final String reference;

  @GuardedBy("this")
  private @Nullable ProofWish wish;

  @GuardedBy("this")
  private boolean closed;

  private volatile Optional<String> delay = Optional.empty();
  private volatile Optional<String> refusal = Optional.empty();

  /**
   * Makes what belongs to a layer.
   *
   * @param reference the image that brought the layer
   * @param onEnd called when something was found, or a pass has failed
   */
  LayerTruth(
      LayerParts parts,
      LayerData data,
      SharedBlob blob,
      LayerFetch fetch,
      String reference,
      Runnable onEnd) {
    this.parts = parts;
    this.data = data;
    this.blob = blob;
    this.fetch = fetch;
    this.reference = reference;
    this.onEnd = onEnd;
    var known = lie().or(() -> parts.findings().refusal(digest()));
    known.ifPresent(this::refuse);
  }

  /** Returns whether a proof is still to be had. */
  boolean isWanted() {
    return data.record().proof() == null && parts.proofs().options().wants(reference);
  }

  /** Asks for a proof unless there is one or none is wanted; returns whether one is under way. */
  synchronized boolean request() {
    if (closed || !isWanted()) {
      return false;
    }
    if (wish == null) {
      wish = parts.proofs().request(this, !data.complete());
    }
    return true;
  }

  /** Returns what a pass does about missing content; empty if there is nothing to come of it. */
  synchronized Optional<FetchState> fetching() {
    if (wish == null || data.record().proof() != null) {
      return Optional.empty();
    }
    return Optional.of(wish.isUnderWay() ? FetchState.BACKGROUND : FetchState.WAITING);
  }

  /** Returns whether a complete layer may be mounted on its own data. */
  boolean mayBeLocal() {
    return refusal.isEmpty() && (!parts.proofs().options().beforeLocal() || !isWanted());
  }

  /** Answers all reads of the layer with errors from now on. */
  void refuse(String reason) {
    boolean isNews = refusal.isEmpty();
    refusal = Optional.of(reason);
    parts.served().refuse(data.slot());
    if (isNews) {
      log.error(
          "layer {}, index {}: reads fail from now on, because it is not what its image says: {}",
          digest(),
          data.record().tocDigest(),
          reason);
    }
  }

  /** Answers reads of the layer again, unless its own proof found a lie. */
  void admit() {
    var lie = lie();
    if (lie.isPresent()) {
      refuse(lie.get());
    } else {
      refusal = Optional.empty();
      parts.served().admit(data.slot());
    }
  }

  Optional<Finding> finding() {
    return Optional.ofNullable(data.record().proof()).map(Finding::of);
  }

  private Optional<String> lie() {
    return finding().flatMap(Finding::lie);
  }

  ProofState state() {
    if (refusal.isPresent()) {
      return ProofState.LIED;
    }
    if (data.record().proof() != null) {
      return ProofState.PROVED;
    }
    if (data.record().isUnverified()) {
      return ProofState.UNVERIFIED;
    }
    return parts.proofs().options().wants(reference) ? ProofState.PENDING : ProofState.SKIPPED;
  }

  Optional<String> reason() {
    return refusal.or(() -> delay);
  }

  @Override
  public Digest digest() {
    return data.record().digest();
  }

  @Override
  public String registry() {
    return ImageReference.registryOf(reference);
  }

  @Override
  @MustBeClosed
  public synchronized LayerData share() throws IOException {
    if (closed) {
      throw new IOException("layer " + digest() + " is no longer in use");
    }
    return data.share();
  }

  @Override
  @MustBeClosed
  public ShownTree tree(LayerData shared) throws IOException {
    return new ErofsTree(shared.metaPath());
  }

  @Override
  public List<BlobSource> blobs() throws IOException {
    return blob.each();
  }

  @Override
  public void arrived(int chunk) {
    fetch.arrived(chunk);
  }

  @Override
  public void notStored(IOException reason) {
    parts.activity().rangeFailed(digest().toString(), 0, 0, reason);
  }

  @Override
  public void proved(LayerProof proof) {
    delay = Optional.empty();
    var finding = Finding.of(proof);
    finding.diffId().ifPresent(id -> log.info("layer {}: proved, its tar is {}", digest(), id));
    finding.lie().ifPresent(this::refuse);
    parts.findings().found(digest(), finding);
    onEnd.run();
  }

  @Override
  public void putOff(String reason) {
    delay = Optional.of(reason);
    onEnd.run();
  }

  @Override
  public void close() {
    ProofWish ending;
    synchronized (this) {
      closed = true;
      ending = wish;
      wish = null;
    }
    if (ending != null) {
      ending.close();
    }
  }
}
