package dev.lazuli.snapshotter.e2e.images;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.RootView;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What {@code tar} reads of an image's root file system through a snapshotter: names, kinds, modes,
 * owners, times, hard links, attributes and contents. What eStargz adds to an unpacked layer is
 * left out, and so is the root directory itself, of which most layers say nothing.
 */
record RootTar(ContainerdExtension bed) {
  private static final String LIST =
      "ls -A | grep -vxE 'stargz.index.json|[.](no[.])?prefetch.landmark' | LC_ALL=C sort";
  // Without what differs from one run of tar to the next.
  private static final String TAR =
      "tar --create --sort=name --numeric-owner --xattrs --xattrs-include='*' --files-from=-"
          + " --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime";
  private static final String DESCRIBE =
      "tar --list --verbose --verbose --full-time --numeric-owner --xattrs --file=";

  /** Returns the tar's table of contents, for people, and its digest, for certainty. */
  String read(String snapshotter, String reference) throws IOException {
    return RootView.see(bed, snapshotter, reference, view -> read(view, snapshotter));
  }

  private String read(Path view, String snapshotter) throws IOException {
    var tar = bed.directory().resolve("tar-" + snapshotter + ".tar");
    var write = "set -o pipefail; cd " + view + " && " + LIST + " | " + TAR + " > " + tar;
    var script = write + " && " + DESCRIBE + tar + " && sha256sum < " + tar;
    return Command.of("bash", "-c", script).within(Node.LONG).check().output();
  }
}
