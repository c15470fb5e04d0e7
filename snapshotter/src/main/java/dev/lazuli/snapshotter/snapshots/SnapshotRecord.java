package dev.lazuli.snapshotter.snapshots;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import dev.lazuli.snapshotter.api.store.StoredSnapshot;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.Usage;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;

/** The form in which {@code snapshots.db} holds a snapshot under its name. */
final class SnapshotRecord {
  private SnapshotRecord() {}

  static byte[] encode(Snapshot snapshot) {
    return StoredSnapshot.newBuilder()
        .setId(snapshot.id())
        .setParent(snapshot.parent())
        .setKind(snapshot.kind().number())
        .putAllLabels(snapshot.storedLabels())
        .setCreated(timestamp(snapshot.created()))
        .setUpdated(timestamp(snapshot.updated()))
        .setSizeBytes(snapshot.usage().sizeBytes())
        .setInodes(snapshot.usage().inodes())
        .putAllLayer(snapshot.layer().map(LayerRequest::toLabels).orElse(Map.of()))
        .build()
        .toByteArray();
  }

  static Snapshot decode(String name, byte[] bytes) {
    try {
      var stored = StoredSnapshot.parseFrom(bytes);
      return Snapshot.restored(
          stored.getId(),
          name,
          stored.getParent(),
          SnapshotKind.ofNumber(stored.getKind()),
          stored.getLabelsMap(),
          instant(stored.getCreated()),
          instant(stored.getUpdated()),
          new Usage(stored.getSizeBytes(), stored.getInodes()),
          LayerRequest.fromLabels(stored.getLayerMap()));
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException("record of snapshot " + name + " is damaged", e);
    }
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  private static Instant instant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }
}
