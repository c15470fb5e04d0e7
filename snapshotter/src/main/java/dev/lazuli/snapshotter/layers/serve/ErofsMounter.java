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
  private final Path mounts;
  private final String suffix;
  private final WithContent content;

  /** Mounts a layer's metadata image with its content. */
  @FunctionalInterface
  interface WithContent {
    void mount(LayerData layer, Path target) throws IOException;
  }

  /** Mounts on {@code <mounts>/<slot>.<suffix>}. */
  private ErofsMounter(MountKind kind, Path mounts, String suffix, WithContent content) {
    this.kind = kind;
    this.mounts = mounts;
    this.suffix = suffix;
    this.content = content;
  }

  /** Mounts complete layers, whose content the kernel reads from their data files. */
  static ErofsMounter local(MountKind kind, ErofsMount.Backing backing, Path mounts) {
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
      MountKind kind, ErofsMount.Backing backing, Path mounts, Path session, ServedBlobs served) {
    return new ErofsMounter(
        kind,
        mounts,
        "lazy",
        (layer, target) ->
            ErofsMount.mountServed(
                backing,
                layer.metaPath(),
                FuseSession.blob(session, layer.slot()),
                target,
                served));
  }

  @Override
  public MountKind kind() {
    return kind;
  }

  private Path target(LayerData layer) {
    return mounts.resolve(layer.slot() + "." + suffix);
  }

  @Override
  public Optional<MountedTree> existing(LayerData layer) throws IOException {
    var target = target(layer);
    return MountPoints.read().contains(target, EROFS)
        ? Optional.of(new Mounted(kind, target))
        : Optional.empty();
  }

  @Override
  public MountedTree mount(LayerData layer) throws IOException {
    var target = target(layer);
    try {
      Files.createDirectory(target);
    } catch (FileAlreadyExistsException e) {
      // A previous daemon's mount that could not be adopted: a second one on top would outlive it.
      var left = existing(layer);
      if (left.isPresent()) {
        return left.get();
      }
    }
    try {
      content.mount(layer, target);
    } catch (IOException e) {
      Files.deleteIfExists(target);
      throw e;
    }
    return new Mounted(kind, target);
  }

  private record Mounted(MountKind kind, Path directory) implements MountedTree {
    @Override
    public void close() {
      try {
        ErofsMount.unmount(directory);
        Files.deleteIfExists(directory);
      } catch (IOException e) {
        log.warn("unmount of {}: {}", directory, e.getMessage());
      }
    }
  }
}
