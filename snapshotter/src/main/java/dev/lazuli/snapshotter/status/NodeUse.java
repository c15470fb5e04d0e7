package dev.lazuli.snapshotter.status;

/**
 * What a daemon takes of its node.
 *
 * @param residentBytes memory of the process that is in RAM
 * @param peakResidentBytes the most that ever was
 * @param threads threads of the system, virtual ones not counted
 * @param openFiles open file descriptors
 * @param maxOpenFiles how many it may have
 * @param freeDiskBytes what is free where layers are kept, for everybody
 * @param keptIndexes indexes that are kept of layers that were pulled whole
 * @param keptIndexBytes what they take on the disk
 */
public record NodeUse(
    long residentBytes,
    long peakResidentBytes,
    int threads,
    long openFiles,
    long maxOpenFiles,
    long freeDiskBytes,
    int keptIndexes,
    long keptIndexBytes) {}
