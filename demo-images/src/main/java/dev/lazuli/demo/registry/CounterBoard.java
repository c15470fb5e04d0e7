package dev.lazuli.demo.registry;

import dev.lazuli.demo.registry.RegistryCounters.BlobCounters;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.HashMap;
import java.util.Map;

/** Counts while the registry serves; any thread may look. */
final class CounterBoard {
  private final Map<String, BlobCounters> blobs = new HashMap<>();
  private long connections;
  private long requests;
  private long rangeRequests;
  private long bodyBytes;
  private long redirects;
  private long tokens;
  private long unauthorized;

  synchronized void connected() {
    connections++;
  }

  synchronized void requested(RegistryRequest request) {
    var ranged = request.range().isPresent() ? 1 : 0;
    requests++;
    rangeRequests += ranged;
    switch (request.kind()) {
      case BLOB, REDIRECTED_BLOB ->
          blobs.merge(request.reference(), new BlobCounters(1, ranged, 0), CounterBoard::sum);
      default -> {}
    }
  }

  synchronized void answered(RegistryRequest request, HttpResponseStatus status) {
    switch (status.code()) {
      case 200 -> tokens += request.kind() == RegistryRequest.Kind.TOKEN ? 1 : 0;
      case 307 -> redirects++;
      case 401 -> unauthorized++;
      default -> {}
    }
  }

  /**
   * Counts body bytes.
   *
   * @param content whether they are what was asked for, and not an error's text
   */
  synchronized void sent(RegistryRequest request, long bytes, boolean content) {
    bodyBytes += bytes;
    if (!content) {
      return;
    }
    blobs.computeIfPresent(
        request.reference(), (_, before) -> sum(before, new BlobCounters(0, 0, bytes)));
  }

  synchronized RegistryCounters snapshot() {
    return new RegistryCounters(
        connections, requests, rangeRequests, bodyBytes, redirects, tokens, unauthorized, blobs);
  }

  synchronized void reset() {
    connections = 0;
    requests = 0;
    rangeRequests = 0;
    bodyBytes = 0;
    redirects = 0;
    tokens = 0;
    unauthorized = 0;
    blobs.clear();
  }

  private static BlobCounters sum(BlobCounters a, BlobCounters b) {
    return new BlobCounters(
        a.requests() + b.requests(),
        a.rangeRequests() + b.rangeRequests(),
        a.bodyBytes() + b.bodyBytes());
  }
}
