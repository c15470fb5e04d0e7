package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.bulk.BulkProgress;
import dev.lazuli.snapshotter.layers.LayerActivity.Failure;
import dev.lazuli.snapshotter.layers.LayerActivity.History;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.ProofState;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What operators see of a stored layer. */
final class LayerReport {
  private LayerReport() {}

  /** Reports a layer in use. */
  static LayerStatus of(
      LayerData data, MountKind mount, FetchState fetch, int claims, LayerActivity activity) {
    var record = data.record();
    var history = activity.ifKnown(record.digest().toString());
    var last = history.flatMap(History::last);
    long missing = data.complete() ? 0 : missingBytes(data);
    long total = contentBytes(data);
    long present = total - missing;
    return new LayerStatus(
        record.digest().toString(),
        record.format().toLowerCase(Locale.ROOT).replace('_', '-'),
        mount,
        present,
        total,
        record.size(),
        diskBytes(data),
        fetch,
        history.map(History::bytesPerSecond).orElse(0L),
        claims,
        record.pinned() != null,
        history.map(History::errors).orElse(0L),
        last.map(Failure::reason),
        last.map(Failure::at),
        record.references(),
        List.of(),
        0);
  }

  /** Reports a layer that is stored and not in use. */
  static LayerStatus ofIdle(LayerData data, LayerActivity activity) {
    var fetch = data.complete() ? FetchState.COMPLETE : FetchState.IDLE;
    var status = of(data, MountKind.NONE, fetch, 0, activity);
    var finding = Optional.ofNullable(data.record().proof()).map(Finding::of);
    if (finding.isPresent()) {
      var lie = finding.get().lie();
      return status.withProof(lie.isPresent() ? ProofState.LIED : ProofState.PROVED, lie);
    }
    return data.record().isUnverified()
        ? status.withProof(ProofState.UNVERIFIED, Optional.empty())
        : status;
  }

  /** Reports a layer that is being pulled whole: what is here of it is known of its blob alone. */
  static LayerStatus ofPull(BulkProgress pull) {
    long size = Math.max(1, pull.blobBytes()); // It is not complete before it is stored.
    return new LayerStatus(
        pull.digest().toString(),
        "tar",
        MountKind.NONE,
        Math.clamp(pull.arrivedBytes(), 0, size - 1),
        size,
        pull.blobBytes(),
        pull.writtenBytes(),
        pull.isRunning() ? FetchState.PULL : FetchState.WAITING,
        0,
        0,
        false,
        0,
        Optional.empty(),
        Optional.empty(),
        List.of(pull.reference()),
        List.of(),
        0);
  }

  private static long diskBytes(LayerData data) {
    try {
      return data.diskBytes();
    } catch (IOException e) {
      return 0; // It is only shown.
    }
  }

  private static long contentBytes(LayerData data) {
    var chunks = data.chunks();
    long bytes = 0;
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      bytes += chunks.size(chunk);
    }
    return bytes;
  }

  /** Steps from one missing chunk to the next: of a layer that is nearly whole they are few. */
  private static long missingBytes(LayerData data) {
    var chunks = data.chunks();
    int count = chunks.count();
    long bytes = 0;
    for (int c = data.nextMissing(0, count); c >= 0; c = data.nextMissing(c + 1, count)) {
      bytes += chunks.size(c);
    }
    return bytes;
  }
}
