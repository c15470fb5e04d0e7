package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import java.util.Optional;

/**
 * What one pass over a whole blob found.
 *
 * @param blobDigest digest of the compressed bytes, all of them
 * @param diffId digest of everything they decompress to, as an image's configuration states it;
 *     empty if they cannot be decompressed to the end
 * @param problem why the blob and the table of its chunks do not belong together: the first chunk
 *     that is not in the tar where the table says, or what cannot be decompressed; empty if nothing
 *     is wrong
 */
public record WholeBlob(Digest blobDigest, Optional<Digest> diffId, Optional<String> problem) {}
