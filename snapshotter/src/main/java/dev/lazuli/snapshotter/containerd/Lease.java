package dev.lazuli.snapshotter.containerd;

import dev.lazuli.snapshotter.api.leases.CreateRequest;
import dev.lazuli.snapshotter.api.leases.DeleteRequest;
import dev.lazuli.snapshotter.api.leases.LeasesGrpc;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Keeps what is made under it from containerd's garbage collector until it is closed, or for a day.
 */
final class Lease implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofHours(24);

  /** Longer than containerd takes to restart: what a lease keeps would stay for its whole life. */
  private static final Duration END_LIMIT = Duration.ofSeconds(15);

  private final LeasesGrpc.LeasesBlockingV2Stub leases;
  private final String id;
  private final Session session;

  private Lease(LeasesGrpc.LeasesBlockingV2Stub leases, String id, Session session) {
    this.leases = leases;
    this.id = id;
    this.session = session;
  }

  static Lease take(Session session) throws ContainerdException {
    var leases = LeasesGrpc.newBlockingV2Stub(session.channel());
    var id = "lazuli-" + UUID.randomUUID();
    var expiry = Instant.now().plus(LIMIT).truncatedTo(ChronoUnit.SECONDS).toString();
    var request =
        CreateRequest.newBuilder().setId(id).putLabels("containerd.io/gc.expire", expiry).build();
    var _ = Session.call("take a lease", () -> leases.create(request));
    return new Lease(leases, id, session.underLease(id));
  }

  /** Returns calls under this lease. */
  Session session() {
    return session;
  }

  @Override
  public void close() throws ContainerdException {
    var patient = leases.withWaitForReady().withDeadlineAfter(END_LIMIT);
    var request = DeleteRequest.newBuilder().setId(id).build();
    var _ = Session.callUnless(Status.Code.NOT_FOUND, "end a lease", () -> patient.delete(request));
  }
}
