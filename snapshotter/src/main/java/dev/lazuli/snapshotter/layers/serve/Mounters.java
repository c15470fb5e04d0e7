package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.bridge.erofs.ErofsMount.Backing;
import dev.lazuli.bridge.erofs.ErofsSupport;
import dev.lazuli.bridge.erofs.ServedBlobs;
import dev.lazuli.bridge.kernel.NoRoom;
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
public record Mounters(LayerMounter lazy, LayerMounter local) {
  private static final Logger log = LoggerFactory.getLogger(Mounters.class);

  /**
   * Where things are, and who opens what we serve ourselves.
   *
   * @param mounts directories for mount points, on the file system of the layers
   * @param session where the FUSE session is, or will be, mounted
   * @param served stays the caller's
   */
  public record Places(MountDirectories mounts, Path session, ServedBlobs served) {}

  /**
   * Chooses, and says in the log why. Where the disk has no room for finding out what it can do,
   * what an earlier start found out holds; if none did on this kernel, mounters that choose when
   * they are first used and there is room.
   *
   * @throws IOException if {@code choice} is not possible here
   */
  public static Mounters choose(MountChoice choice, Places places) throws IOException {
    if (choice == MountChoice.FUSE_TREE) {
      return tree(places.session);
    }
    var mounts = places.mounts.parent();
    Files.createDirectories(mounts);
    var known = new KnownSupport(mounts.resolveSibling("mount-support"));
    try {
      var support = ErofsSupport.probe(mounts);
      known.remember(support);
      return choose(choice, support, places);
    } catch (IOException e) {
      if (!NoRoom.caused(e)) {
        throw e;
      }
      var earlier = known.recall();
      if (earlier.isPresent()) {
        return choose(choice, earlier.get(), places);
      }
      log.warn(
          "no space to test how layers can be mounted, trying again later: {}", e.getMessage());
      return late(choice, places);
    }
  }

  private static Mounters late(MountChoice choice, Places places) {
    var made = erofs(places);
    var later =
        new LateChoice(() -> choose(choice, ErofsSupport.probe(places.mounts.parent()), places));
    return new Mounters(
        new LateMounter(later, Mounters::lazy, made.lazy()),
        new LateMounter(later, Mounters::local, made.local()));
  }

  private static Mounters choose(MountChoice choice, ErofsSupport support, Places places)
      throws IOException {
    var chosen = Chosen.of(choice, support);
    log.info("layers are mounted by {}: {}", chosen.kind(), chosen.reason());
    if (chosen.kind() != MountKind.FUSE_TREE) {
      log.info("for containers with user namespaces: {}", support.mapped().reason());
    }
    return switch (chosen.kind()) {
      case EROFS_LOOP -> loop(places);
      case FUSE_TREE -> tree(places.session);
      default -> erofs(places);
    };
  }

  /**
   * How incomplete layers are to be mounted.
   *
   * @param reason what the kernel showed, for people to read
   */
  public record Chosen(MountKind kind, String reason) {
    /**
     * Chooses by what the kernel supports.
     *
     * @throws IOException if {@code choice} is not possible here
     */
    public static Chosen of(MountChoice choice, ErofsSupport support) throws IOException {
      if (choice == MountChoice.FUSE_TREE) {
        return new Chosen(MountKind.FUSE_TREE, "mount.way is fuse-tree");
      }
      if (choice != MountChoice.EROFS_LOOP && support.file().available()) {
        return new Chosen(MountKind.EROFS_LAZY, support.file().reason());
      }
      if (choice == MountChoice.EROFS_LAZY) {
        throw new IOException("mount.way erofs-lazy: " + support.file().reason());
      }
      if (support.loop().available()) {
        return new Chosen(MountKind.EROFS_LOOP, support.loop().reason());
      }
      if (choice == MountChoice.EROFS_LOOP) {
        throw new IOException("mount.way erofs-loop: " + support.loop().reason());
      }
      return new Chosen(MountKind.FUSE_TREE, support.loop().reason());
    }
  }

  private static Mounters erofs(Places places) {
    return new Mounters(
        ErofsMounter.lazy(
            MountKind.EROFS_LAZY, Backing.FILE, places.mounts, places.session, places.served),
        ErofsMounter.local(MountKind.EROFS_LOCAL, Backing.FILE, places.mounts));
  }

  private static Mounters loop(Places places) {
    return new Mounters(
        ErofsMounter.lazy(
            MountKind.EROFS_LOOP, Backing.LOOP, places.mounts, places.session, places.served),
        ErofsMounter.local(MountKind.EROFS_LOOP, Backing.LOOP, places.mounts));
  }

  private static Mounters tree(Path session) {
    var mounter = new FuseTreeMounter(session);
    return new Mounters(mounter, mounter);
  }
}
