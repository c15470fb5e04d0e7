package dev.lazuli.snapshotter.doctor;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.metrics.OwnProcess;
import dev.lazuli.snapshotter.node.NodeOptions;
import dev.lazuli.snapshotter.node.NodePlaces;
import dev.lazuli.snapshotter.snapshots.EntryTypes;
import dev.lazuli.snapshotter.status.NodeStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The directories and limits that the daemon works in. */
record PlaceCheck(Configuration config, Optional<NodeStatus> daemon) {
  private static final String DISK = "disk";
  private static final String LIMITS = "limits";

  /** Each layer in use takes two descriptors or more, and an image may have 127 layers. */
  private static final long FEW_DESCRIPTORS = 4096;

  private static final long MEBIBYTE = 1 << 20;

  void run(Examination examination) throws IOException {
    examination.require(
        "sockets",
        "set 'state' and 'address' to shorter paths",
        () -> NodePlaces.requireShortSockets(config));
    var place = Scratch.existing(config.root());
    int before = examination.diagnoses().size();
    examination.require(
        DISK, "set 'root' to a directory that can be written", () -> writable(place));
    if (examination.diagnoses().size() == before) {
      space(examination, place);
    }
    descriptors(examination);
  }

  private void writable(Path place) throws IOException {
    NodePlaces.requireWritable(place);
    try (var scratch = Scratch.near(place)) {
      EntryTypes.require(scratch.path());
    }
  }

  private void space(Examination examination, Path place) throws IOException {
    var store = Files.getFileStore(place);
    long free = store.getUsableSpace();
    long reserve = NodeOptions.reserveOn(config.cache(), store.getTotalSpace());
    var found =
        "%s has %,d MiB free (%s); %,d MiB are left free for others"
            .formatted(config.root(), free / MEBIBYTE, store.type(), reserve / MEBIBYTE);
    if (free == 0) {
      examination.problem(DISK, found, "make room: lazuli prune, or remove images");
    } else if (free < reserve) {
      examination.note(
          DISK,
          found + ": only what readers wait for is fetched",
          "make room (lazuli prune), or set cache.reserve lower");
    } else {
      examination.ok(DISK, found);
    }
    if (NodePlaces.isInMemory(place)) {
      examination.note(
          DISK,
          config.root() + " is in memory (" + store.type() + "): images are gone after a reboot",
          "set 'root' to a directory on a disk");
    }
  }

  private void descriptors(Examination examination) {
    long most = daemon.map(status -> status.use().maxOpenFiles()).orElse(OwnProcess.maxOpenFiles());
    var whose = daemon.isPresent() ? "the daemon" : "a process started from here";
    var found = whose + " may have " + most + " files open";
    if (most < FEW_DESCRIPTORS) {
      examination.note(
          LIMITS,
          found + ": layers beyond that are pulled whole",
          "raise LimitNOFILE in the unit, or ulimit -n; the unit that comes with Lazuli does");
    } else {
      examination.ok(LIMITS, found);
    }
  }
}
