package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.time.Duration;
import java.util.Optional;

/**
 * What one start of the program took, from the first request for the manifest on.
 *
 * @param ready when the root file system could be used
 * @param output when the program's first output came (or, in process, when its files were read)
 * @param bytes body bytes that the registry had sent by then
 * @param requests requests that it had answered by then
 * @param complete when every byte of the image was on the local disk
 * @param text what the program printed
 * @param waterfall what came when, if the start was lazy
 */
record Start(
    Duration ready,
    Duration output,
    long bytes,
    long requests,
    Duration complete,
    String text,
    Optional<Waterfall> waterfall) {}
