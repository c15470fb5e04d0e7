package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;

/**
 * What a lazy layer is and holds.
 *
 * @param format its format
 * @param blobBytes size of the blob
 * @param tocDigest digest of the TOC's JSON
 * @param tocOffset where the TOC starts in its blob
 * @param tocCompressedBytes its size there
 * @param tocBytes size of its JSON
 * @param directories directories, the root included
 * @param files regular files, hard links counted once
 * @param symlinks symbolic links
 * @param others devices, whiteouts among them, and FIFOs
 * @param chunks chunks of regular files
 * @param fileBytes bytes of all regular files
 * @param dataBytes size of the data file that they fill
 * @param prefetchEnd as {@link dev.lazuli.estargz.toc.LayerIndex#prefetchEnd()}
 */
public record LayerDescription(
    LayerFormat format,
    long blobBytes,
    Digest tocDigest,
    long tocOffset,
    long tocCompressedBytes,
    long tocBytes,
    int directories,
    int files,
    int symlinks,
    int others,
    int chunks,
    long fileBytes,
    long dataBytes,
    long prefetchEnd) {}
