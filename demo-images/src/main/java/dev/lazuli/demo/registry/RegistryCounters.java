package dev.lazuli.demo.registry;

import java.util.Map;

/**
 * What a registry has been asked and has sent since it started or was last reset.
 *
 * @param connections TCP connections accepted
 * @param requests HTTP requests of every kind
 * @param rangeRequests requests with a {@code Range} header
 * @param bodyBytes bytes of response bodies handed to the sockets
 * @param redirects answers that sent a client to the second origin
 * @param tokens tokens issued
 * @param unauthorized answers 401
 * @param blobs the same for each blob that was asked for, by digest
 */
public record RegistryCounters(
    long connections,
    long requests,
    long rangeRequests,
    long bodyBytes,
    long redirects,
    long tokens,
    long unauthorized,
    Map<String, BlobCounters> blobs) {

  /** Copies the map. */
  public RegistryCounters {
    blobs = Map.copyOf(blobs);
  }

  /** Returns the counters of one blob, all zero if it was never asked for. */
  public BlobCounters blob(String digest) {
    return blobs.getOrDefault(digest, BlobCounters.NONE);
  }

  /**
   * Counters of one blob.
   *
   * @param requests HEAD and GET requests
   * @param rangeRequests GET requests with a {@code Range} header
   * @param bodyBytes bytes of it handed to the sockets
   */
  public record BlobCounters(long requests, long rangeRequests, long bodyBytes) {
    static final BlobCounters NONE = new BlobCounters(0, 0, 0);
  }
}
