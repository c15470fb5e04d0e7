package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether what is here of a layer is what an image's manifest names. Safe for any thread. */
final class TableTrust {
  private static final Logger log = LoggerFactory.getLogger(TableTrust.class);

  private final Digest digest;
  private final boolean allowUnverified;

  /**
   * Decides for one layer.
   *
   * @param allowUnverified whether configuration takes layers without a digest of their table
   */
  TableTrust(Digest digest, boolean allowUnverified) {
    this.digest = digest;
    this.allowUnverified = allowUnverified;
  }

  /**
   * Returns how a request has the table of contents verified.
   *
   * @throws NoIndexException if it does not
   */
  TocTrust of(LayerRequest request) throws NoIndexException {
    var toc = request.toc();
    if (toc.isPresent()) {
      return toc.get();
    }
    if (maySkip(request)) {
      log.warn(
          "layer {}: mounted without verification, as the client asked and the configuration"
              + " allows",
          digest);
      return new TocTrust.Unverified();
    }
    throw new NoIndexException(
        digest,
        "no TOC digest among the labels, or in a manifest that they name by digest, so its content"
            + " could not be verified");
  }

  /** Returns how the table is verified of a layer that is claimed ahead of its snapshot. */
  TocTrust ahead(LayerRequest request) {
    return request.toc().isEmpty() && maySkip(request)
        ? new TocTrust.Unverified()
        : new TocTrust.Deferred();
  }

  private boolean maySkip(LayerRequest request) {
    return request.skipVerification() && allowUnverified;
  }

  /**
   * Refuses what is here if it was made from another table of contents: for another reference, or
   * ahead of its digest. A layer that was proved shows the files of the tar that its digest stands
   * for, from whatever table it was made, and so is what every asker would unpack. An image that
   * needs no digest of its table gets only what its own repository has brought: anybody could have
   * made the table of what others have.
   *
   * @throws LayerMountException if so
   * @throws NoIndexException if the request does not say which table it wants
   */
  void require(LayerRequest request, LayerRecord there)
      throws LayerMountException, NoIndexException {
    if (there.isProved()) {
      return;
    }
    switch (of(request)) {
      case TocTrust.Json json -> requireSame("TOC digest", there.tocDigest(), json.digest());
      case TocTrust.Compressed compressed ->
          requireSame("compressed TOC's digest", there.compressedTocDigest(), compressed.digest());
      case TocTrust.Unverified _ -> requireOwn(request.reference(), there);
      case TocTrust.Deferred _ -> {}
    }
  }

  private void requireOwn(String reference, LayerRecord there) throws LayerMountException {
    var repository = ImageReference.repositoryOf(reference);
    if (there.references().stream()
        .map(ImageReference::repositoryOf)
        .noneMatch(repository::equals)) {
      throw new LayerMountException(
          digest,
          "was brought by others, and %s has no digest to compare it with".formatted(reference));
    }
  }

  private void requireSame(String what, @Nullable Digest actual, Digest expected)
      throws LayerMountException {
    if (!expected.equals(actual)) {
      throw new LayerMountException(
          digest, what + " is " + actual + ", label or manifest says " + expected);
    }
  }
}
