package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.ServedBlobs;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.kernel.MountPoints;
import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Mounts metadata images by the kernel's EROFS, each on a directory of its own. */
final class ErofsMounter implements LayerMounter {
  private static final Logger log = LoggerFactory.getLogger(ErofsMounter.class);

  /** The type in the mount table. */
  private static final String EROFS = "erofs";

  private final MountKind kind;
  private final MountDirectories mounts;
  private final String suffix;
  private final WithContent content;

  /** Mounts a layer's metadata image with its content. */
  @FunctionalInterface
  interface WithContent {
    void mount(LayerData layer, Path target) throws IOException;
  }

  /** Mounts on {@code <mounts>/<slot>.<suffix>}. */
  private ErofsMounter(
      MountKind kind, MountDirectories mounts, String suffix, WithContent content) {
    this.kind = kind;
    this.mounts = mounts;
    this.suffix = suffix;
    this.content = content;
  }

  /** Mounts complete layers, whose content the kernel reads from their data files. */
  static ErofsMounter local(MountKind kind, ErofsMount.Backing backing, MountDirectories mounts) {
    return new ErofsMounter(
        kind,
        mounts,
        "local",
        (layer, target) -> ErofsMount.mount(backing, layer.metaPath(), layer.dataPath(), target));
  }

  /**
   * Mounts layers whose content the kernel reads from the daemon.
   *
   * @param session where the FUSE session is, or will be, mounted
   */
  static ErofsMounter lazy(
      MountKind kind,
      ErofsMount.Backing backing,
      MountDirectories mounts,
      Path session,
      ServedBlobs served) {
    return new ErofsMounter(
        kind,
        mounts,
        "lazy",
        (layer, target) ->
            served.mount(
                backing, layer.metaPath(), FuseSession.blob(session, layer.slot()), target));
  }

  @Override
  public MountKind kind() {
    return kind;
  }

  private Path target(LayerData layer) {
    return mounts.parent().resolve(layer.slot() + "." + suffix);
  }

  @Override
  public Optional<MountedTree> existing(LayerData layer) throws IOException {
    var target = target(layer);
    // Taken before it is looked at: nobody sweeps it in between.
    boolean isTaken = mounts.take(target);
    boolean isThere = false;
    try {
      isThere = MountPoints.read().contains(target, EROFS);
    } finally {
      if (isTaken && !isThere) {
        mounts.giveBack(target);
      }
    }
    return isThere ? Optional.of(new Mounted(kind, target, mounts)) : Optional.empty();
  }

  @Override
  public MountedTree mount(LayerData layer) throws IOException {
    var target = target(layer);
    mounts.take(target);
    try {
      mountOn(target, layer);
      return new Mounted(kind, target, mounts);
    } catch (IOException e) {
      mounts.giveBack(target);
      throw e;
    }
  }

  private void mountOn(Path target, LayerData layer) throws IOException {
    try {
      Files.createDirectory(target);
    } catch (FileAlreadyExistsException e) {
      // A previous daemon's mount that could not be adopted: a second one on top would outlive it.
      if (existing(layer).isPresent()) {
        return;
      }
    }
    try {
      content.mount(layer, target);
    } catch (IOException e) {
      Files.deleteIfExists(target);
      throw e;
    }
  }

  private record Mounted(MountKind kind, Path directory, MountDirectories mounts)
      implements MountedTree {
    @Override
    public void close() {
      try {
        ErofsMount.unmount(directory);
        Files.deleteIfExists(directory);
      } catch (IOException e) {
        log.warn("unmount of {}: {}", directory, e.getMessage());
      }
      mounts.giveBack(directory);
    }
  }
}
