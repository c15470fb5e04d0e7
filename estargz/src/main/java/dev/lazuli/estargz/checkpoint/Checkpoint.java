package dev.lazuli.estargz.checkpoint;

/**
 * A place where decompression can start.
 *
 * @param blobOffset the blob's byte that has the first bit
 * @param bit as {@link StreamStarts#bit}
 * @param tarOffset where in the tar the first byte belongs that comes out
 */
public record Checkpoint(long blobOffset, int bit, long tarOffset) {}
