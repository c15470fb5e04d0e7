package dev.lazuli.demo.registry;

import java.io.IOException;
import java.util.Optional;

/**
 * Asks for credentials and redirects to a second origin; other routes answer what is left. Confined
 * to the event loop.
 */
final class GuardedRoutes implements RegistryRoutes {
  private final RegistryContent store;
  private final RegistryRoutes inside;
  private final AccessGate gate;
  private final SecondOrigin secondOrigin;

  GuardedRoutes(
      RegistryContent store, RegistryRoutes inside, AccessGate gate, SecondOrigin secondOrigin) {
    this.store = store;
    this.inside = inside;
    this.gate = gate;
    this.secondOrigin = secondOrigin;
  }

  @Override
  public RegistryExchange open(IncomingRequest request) {
    boolean reads = request.isGet() || request.isHead();
    if (reads && request.target() instanceof RequestTarget.Token token) {
      return RegistryExchange.of(() -> gate.token(request, token));
    }
    if (reads && request.target() instanceof RequestTarget.Stored stored) {
      return RegistryExchange.of(() -> secondOrigin.read(request, stored));
    }
    Optional<Reply> refusal = gate.refusal(request);
    if (refusal.isPresent()) {
      return RegistryExchange.of(refusal::get);
    }
    if (request.isGet()
        && secondOrigin.isUsed()
        && request.target() instanceof RequestTarget.Blob blob) {
      return RegistryExchange.of(() -> redirect(blob));
    }
    return inside.open(request);
  }

  private Reply redirect(RequestTarget.Blob blob) throws IOException {
    return store.blob(blob.digest()).isPresent()
        ? secondOrigin.redirect(blob.digest())
        : Reply.notFound("BLOB_UNKNOWN", blob.repository() + " has no " + blob.digest());
  }
}
