package dev.lazuli.demo.registry;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The place that blobs are redirected to, as registries on an object store do it: addresses that
 * nobody can guess, good for a while. Like an object store it refuses requests that carry
 * credentials beside the address. Confined to the event loop.
 */
final class SecondOrigin {
  private record Ticket(String digest, long expiresNanos) {}

  private final RegistryContent store;
  private final Optional<Duration> lifetime;
  private final Map<String, Ticket> tickets = new HashMap<>();

  private String origin = "";

  /**
   * Prepares the place.
   *
   * @param lifetime of an address; empty if blobs are not redirected
   */
  SecondOrigin(RegistryContent store, Optional<Duration> lifetime) {
    this.store = store;
    this.lifetime = lifetime;
  }

  /** Sets scheme and host under which clients reach this place. */
  void setOrigin(String schemeAndHost) {
    origin = schemeAndHost;
  }

  boolean isUsed() {
    return lifetime.isPresent();
  }

  Reply redirect(String digest) {
    var key = UUID.randomUUID().toString();
    var expires = System.nanoTime() + lifetime.orElseThrow().toNanos();
    tickets.put(key, new Ticket(digest, expires));
    return Reply.empty(HttpResponseStatus.TEMPORARY_REDIRECT)
        .with(HttpHeaderNames.LOCATION, origin + "/store/" + digest + "?ticket=" + key);
  }

  Reply read(IncomingRequest request, RequestTarget.Stored target) throws IOException {
    if (request.headers().contains(HttpHeaderNames.AUTHORIZATION)) {
      return Reply.error(HttpResponseStatus.BAD_REQUEST, "DENIED", "two kinds of credentials");
    }
    var ticket = tickets.get(target.ticket());
    if (ticket == null
        || !ticket.digest.equals(target.digest())
        || System.nanoTime() - ticket.expiresNanos >= 0) {
      return Reply.error(HttpResponseStatus.FORBIDDEN, "DENIED", "the address has expired");
    }
    return store
        .blob(ticket.digest)
        .map(blob -> BlobReply.of(ticket.digest, request.seen(blob), request.range()))
        .orElseGet(() -> Reply.notFound("BLOB_UNKNOWN", ticket.digest));
  }
}
