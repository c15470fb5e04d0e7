package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.util.Optional;

/**
 * A layer to be opened.
 *
 * @param layer its name in messages, usually its digest
 * @param blob its bytes
 * @param trust why its TOC may be believed
 * @param position where its TOC lies, if an annotation says so
 * @param externalToc the blob that holds its TOC, if it is not in {@code blob}
 * @param opaque the attribute for opaque directories
 */
public record OpenRequest(
    String layer,
    BlobSource blob,
    TocTrust trust,
    Optional<TocPosition> position,
    Optional<BlobSource> externalToc,
    OpaqueXattr opaque) {

  /** Returns a request without hints, for overlayfs mounted by root. */
  public static OpenRequest of(String layer, BlobSource blob, TocTrust trust) {
    return new OpenRequest(
        layer, blob, trust, Optional.empty(), Optional.empty(), OpaqueXattr.TRUSTED);
  }

  /** Returns this request with the TOC's position. */
  public OpenRequest at(Optional<TocPosition> newPosition) {
    return new OpenRequest(layer, blob, trust, newPosition, externalToc, opaque);
  }

  /** Returns this request with a TOC from another blob. */
  public OpenRequest withExternalToc(BlobSource toc) {
    return new OpenRequest(layer, blob, trust, position, Optional.of(toc), opaque);
  }

  /** Returns this request with another attribute for opaque directories. */
  public OpenRequest withOpaque(OpaqueXattr newOpaque) {
    return new OpenRequest(layer, blob, trust, position, externalToc, newOpaque);
  }
}
