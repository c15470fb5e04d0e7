package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.erofs.ErofsMount.Backing;
import dev.lazuli.bridge.erofs.ErofsSupport;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two mounters of a node: for layers whose content is still coming, and for complete ones.
 *
 * @param lazy mounts incomplete layers
 * @param local mounts complete layers
 */
record Mounters(LayerMounter lazy, LayerMounter local) {
  private static final Logger log = LoggerFactory.getLogger(Mounters.class);

  /**
   * Chooses, and says in the log why.
   *
   * @param session where the FUSE session is, or will be, mounted
   * @param mounts directory for mount points, on the file system of the layers
   * @throws IOException if {@code choice} is not possible here
   */
  static Mounters choose(MountChoice choice, Path mounts, Path session) throws IOException {
    if (choice == MountChoice.FUSE_TREE) {
      return tree(session);
    }
    Files.createDirectories(mounts);
    var support = ErofsSupport.probe(mounts);
    if (choice != MountChoice.EROFS_LOOP && support.file().available()) {
      log.info("layers are mounted by {}: {}", MountKind.EROFS_LAZY, support.file().reason());
      return erofs(mounts, session);
    }
    if (choice == MountChoice.EROFS_LAZY) {
      throw new IOException("mount.way erofs-lazy: " + support.file().reason());
    }
    if (support.loop().available()) {
      log.info("layers are mounted by {}: {}", MountKind.EROFS_LOOP, support.loop().reason());
      return loop(mounts, session);
    }
    if (choice == MountChoice.EROFS_LOOP) {
      throw new IOException("mount.way erofs-loop: " + support.loop().reason());
    }
    log.info("layers are mounted by {}: {}", MountKind.FUSE_TREE, support.loop().reason());
    return tree(session);
  }

  private static Mounters erofs(Path mounts, Path session) {
    return new Mounters(
        new ErofsMounter(
            MountKind.EROFS_LAZY,
            Backing.FILE,
            mounts,
            "lazy",
            layer -> FuseSession.blob(session, layer.slot())),
        new ErofsMounter(
            MountKind.EROFS_LOCAL, Backing.FILE, mounts, "local", LayerData::dataPath));
  }

  private static Mounters loop(Path mounts, Path session) {
    return new Mounters(
        new ErofsMounter(
            MountKind.EROFS_LOOP,
            Backing.LOOP,
            mounts,
            "lazy",
            layer -> FuseSession.blob(session, layer.slot())),
        new ErofsMounter(MountKind.EROFS_LOOP, Backing.LOOP, mounts, "local", LayerData::dataPath));
  }

  private static Mounters tree(Path session) {
    var mounter = new FuseTreeMounter(session);
    return new Mounters(mounter, mounter);
  }
}
