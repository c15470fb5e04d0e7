package dev.lazuli.snapshotter.doctor;

/**
 * How containerd's configuration makes clients pull.
 *
 * @param snapshotter what containerd calls the daemon
 */
record PullCheck(String snapshotter, ContainerdSettings settings) {
  private static final String TRANSFER = "transfer service";
  private static final String PODS = "pods (CRI)";

  void run(Examination examination) {
    if (settings.isSecond()) {
      transfers(examination);
    }
    pods(examination);
  }

  private void transfers(Examination examination) {
    var unpackers = settings.unpackers();
    if (!unpackers.isEmpty() && !unpackers.contains("overlayfs")) {
      examination.problem(
          TRANSFER,
          "nothing can be pulled for overlayfs: unpack_config takes the place of containerd's own"
              + " list and does not have it (\"no unpack platforms defined\")",
          "add an entry with snapshotter = \"overlayfs\", as in containerd-2.toml, and restart"
              + " containerd");
    }
    if (!unpackers.contains(snapshotter)) {
      examination.problem(
          TRANSFER,
          "it does not unpack for " + snapshotter + ": ctr and nerdctl cannot pull for it",
          "add an entry with snapshotter = \""
              + snapshotter
              + "\" to unpack_config, as in"
              + " containerd-2.toml, and restart containerd");
    } else {
      examination.ok(TRANSFER, "it unpacks for " + String.join(", ", unpackers));
    }
  }

  private void pods(Examination examination) {
    var images = settings.images();
    var used = images.path("snapshotter").asString("overlayfs");
    if (settings.lacksVersion(snapshotter)) {
      examination.problem(
          PODS,
          "containerd ignores the section of CRI that names "
              + snapshotter
              + ", because its file does not begin with \"version = 2\": pods use "
              + used,
          "put version = 2 into the first line, and restart containerd");
      return;
    }
    if (settings.isWithoutCri(snapshotter)) {
      examination.problem(
          PODS,
          "CRI is to use " + snapshotter + ", but it is switched off (disabled_plugins)",
          "remove CRI from disabled_plugins, and restart containerd");
      return;
    }
    if (settings.usesOldSection(snapshotter) && !used.equals(snapshotter)) {
      examination.problem(
          PODS,
          "the section io.containerd.grpc.v1.cri names "
              + snapshotter
              + ", but containerd 2.x"
              + " ignores it: pods use "
              + used,
          "set snapshotter in the section io.containerd.cri.v1.images, as in containerd-2.toml,"
              + " and restart containerd");
      return;
    }
    if (!used.equals(snapshotter)) {
      examination.note(
          PODS,
          "pods use " + used,
          "only if pods are to start lazily: append the part for CRI of containerd-1.toml or"
              + " containerd-2.toml");
      return;
    }
    if (settings.isSecond()) {
      second(examination);
    } else if (images.path("disable_snapshot_annotations").asBoolean(true)) {
      examination.problem(
          PODS,
          "CRI hides from " + snapshotter + " which image it pulls: pods' images are pulled whole",
          "set disable_snapshot_annotations = false and restart containerd");
    } else {
      examination.ok(PODS, "pods use " + snapshotter);
    }
  }

  private void second(Examination examination) {
    var classic = settings.againstTransfer();
    boolean annotated = !settings.images().path("disable_snapshot_annotations").asBoolean(true);
    if (classic.isEmpty()) {
      examination.ok(PODS, "pods use " + snapshotter + ", pulled by the transfer service");
    } else if (!annotated) {
      examination.problem(
          PODS,
          "CRI pulls by itself because of "
              + String.join(", ", classic)
              + ", and hides from "
              + snapshotter
              + " which image it pulls: pods' images are pulled whole",
          "set disable_snapshot_annotations = false in io.containerd.cri.v1.images and restart"
              + " containerd");
    } else {
      examination.ok(
          PODS,
          "pods use "
              + snapshotter
              + ", pulled by CRI itself because of "
              + String.join(", ", classic));
    }
  }
}
