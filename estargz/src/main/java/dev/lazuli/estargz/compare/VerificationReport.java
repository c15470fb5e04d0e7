package dev.lazuli.estargz.compare;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a layer's verification found.
 *
 * @param format the layer's format
 * @param tocDigest digest of the TOC's JSON; right, if the layer was opened with trust
 * @param blobDigest digest of the whole blob, to be compared with the descriptor's
 * @param diffId digest of the tar that the blob decompresses to, to be compared with the image
 *     configuration's; empty if the blob cannot be decompressed to its end
 * @param chunks chunks whose digest is right
 * @param bytes their bytes
 * @param problems chunks that are not right, and why, the first {@link #MOST_PROBLEMS} of them; if
 *     all are right, the first file that is not the tar's
 */
public record VerificationReport(
    LayerFormat format,
    Digest tocDigest,
    Digest blobDigest,
    Optional<Digest> diffId,
    int chunks,
    long bytes,
    List<String> problems) {
  /** After that many wrong chunks the rest is not looked at. */
  public static final int MOST_PROBLEMS = 100;

  /** Copies the problems. */
  public VerificationReport {
    problems = List.copyOf(problems);
  }

  /** Returns whether all chunks and files are right. */
  public boolean isGood() {
    return problems.isEmpty();
  }
}
