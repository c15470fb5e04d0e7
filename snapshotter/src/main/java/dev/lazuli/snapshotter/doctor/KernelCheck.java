package dev.lazuli.snapshotter.doctor;

import dev.lazuli.bridge.erofs.ErofsSupport;
import dev.lazuli.bridge.kernel.ProcFiles;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.layers.serve.Mounters;
import dev.lazuli.snapshotter.node.NodeOptions;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How this kernel mounts layers: found by mounting, as the daemon does at its start. */
record KernelCheck(Configuration config, Path fuseDevice) {
  private static final String AREA = "kernel";

  void run(Examination examination) throws IOException {
    var release = ProcFiles.text(Path.of("/proc/sys/kernel/osrelease")).strip();
    if (!"root".equals(System.getProperty("user.name"))) {
      examination.problem(AREA, "this command does not run as root", "run it with sudo");
      return;
    }
    if (!Files.isReadable(fuseDevice)) {
      examination.problem(
          AREA,
          "there is no " + fuseDevice + ": nothing can be mounted lazily",
          "modprobe fuse; in a container, give it /dev/fuse");
      return;
    }
    try (var scratch = Scratch.near(config.root())) {
      var choice = MountChoice.valueOf(config.mount().way().name());
      var support = ErofsSupport.probe(scratch.path());
      mountWay(examination, choice, support);
      userNamespaces(examination, support);
      session(examination, choice, scratch, release);
    } catch (IOException e) {
      examination.problem(
          AREA,
          "layers cannot be mounted: " + Examination.words(e),
          "see the requirements in install.md; with mount.way = \"auto\" the best way that works"
              + " is used");
    }
  }

  private static void mountWay(Examination examination, MountChoice choice, ErofsSupport support)
      throws IOException {
    var chosen = Mounters.Chosen.of(choice, support);
    var found = "layers are mounted by " + chosen.kind() + " (" + chosen.reason() + ")";
    if (chosen.kind() != MountKind.FUSE_TREE) {
      examination.ok(AREA, found);
      return;
    }
    examination.note(
        AREA,
        found + "; by file: " + support.file().reason(),
        choice == MountChoice.FUSE_TREE
            ? "remove mount.way from the configuration: EROFS makes reads faster"
            : "modprobe erofs, or use Linux 5.16 or newer; the daemon's root directory must not be"
                + " on tmpfs");
  }

  private static void userNamespaces(Examination examination, ErofsSupport support) {
    if (support.mapped().available()) {
      examination.ok(AREA, "user namespaces: " + support.mapped().reason());
    } else if (support.file().available() || support.loop().available()) {
      examination.note(
          AREA,
          "user namespaces: " + support.mapped().reason(),
          "Linux 5.19 or newer; without it, leave \"remap-ids\" out of the capabilities in"
              + " containerd's configuration");
    }
  }

  /** Opens and closes what the daemon opens, and mounts the FUSE session. */
  private static void session(
      Examination examination, MountChoice choice, Scratch scratch, String release)
      throws IOException {
    var setup =
        NodeOptions.scratch(scratch.path().resolve("root"), scratch.path().resolve("run"), choice);
    try (var _ = LayerService.open(setup, KernelCheck::noBlobs, FetchListener.NONE)) {
      examination.ok(AREA, "FUSE is mounted and answered (Linux " + release + ")");
    }
    if (!resends(release)) {
      examination.note(
          AREA,
          "Linux "
              + release
              + " cannot hand FUSE requests over: reads that a crashed daemon had"
              + " taken fail",
          "Linux 6.9 or newer");
    }
  }

  private static BlobSource noBlobs(String reference, Digest digest, long size) throws IOException {
    throw new IOException("layer " + digest + " of " + reference + " is not mounted to try");
  }

  private static boolean resends(String release) {
    var numbers = release.split("[^0-9]+", 3);
    int major = Integer.parseInt(numbers[0]);
    return major > 6 || (major == 6 && Integer.parseInt(numbers[1]) >= 9);
  }
}
