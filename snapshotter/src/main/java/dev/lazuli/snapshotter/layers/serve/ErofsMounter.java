package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.kernel.MountPoints;
import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Mounts metadata images by the kernel's EROFS, each on a directory of its own. */
final class ErofsMounter implements LayerMounter {
  private static final Logger log = LoggerFactory.getLogger(ErofsMounter.class);

  /** The type in the mount table. */
  private static final String EROFS = "erofs";

  private final MountKind kind;
  private final ErofsMount.Backing backing;
  private final Path mounts;
  private final String suffix;
  private final Function<LayerData, Path> dataFile;

  /**
   * Mounts on {@code <mounts>/<slot>.<suffix>}.
   *
   * @param dataFile the file that the kernel reads content from
   */
  ErofsMounter(
      MountKind kind,
      ErofsMount.Backing backing,
      Path mounts,
      String suffix,
      Function<LayerData, Path> dataFile) {
    this.kind = kind;
    this.backing = backing;
    this.mounts = mounts;
    this.suffix = suffix;
    this.dataFile = dataFile;
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
      ErofsMount.mount(backing, layer.metaPath(), dataFile.apply(layer), target);
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
