package dev.lazuli.bridge.fuse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's own file systems, mounted below one directory: {@code blobs/<slot>} is a layer's
 * data file, on which EROFS can be mounted; {@code trees/<slot>/...} is the layer's whole tree, for
 * where EROFS cannot be used. Read-only.
 *
 * <p>These are two mounts with a connection each, because what makes trees fast, that the kernel
 * opens files without asking, holds for a whole connection, while blobs must be asked for to be
 * opened with DIRECT_IO (otherwise the page cache holds every byte twice). It also keeps the reads
 * of either from queueing behind those of the other.
 *
 * <p>The process that serves must never itself read through these mounts on a thread that the
 * answer depends on. Mounting EROFS on a blob is fine: the handler is asked for nothing then but
 * sizes.
 *
 * <p>All methods may be called by any thread.
 */
public final class FuseSession implements AutoCloseable {
  private final Path directory;
  private final List<FuseMount> mounts;

  private FuseSession(Path directory, List<FuseMount> mounts) {
    this.directory = directory;
    this.mounts = List.copyOf(mounts);
  }

  /**
   * Mounts and serves. What a dead process left mounted at the two places is detached first; the
   * caller sees to it that no living one serves there.
   *
   * @param directory where {@code blobs} and {@code trees} are made; only {@code /dev/fuse} and the
   *     right to mount are needed, so a user namespace's root can do it too
   * @param blobs answers reads, of blobs and of files in trees
   * @param trees the layers shown as trees; null to have no {@code trees} at all
   * @throws IOException if the kernel's FUSE is too old, or refuses
   */
  public static FuseSession mount(
      Path directory, BlobHandler blobs, @Nullable TreeProvider trees, SessionOptions options)
      throws IOException {
    Path place = directory.toAbsolutePath();
    var buffers = new ReplyBuffers(options.replyBuffers());
    List<FuseMount> mounts = new ArrayList<>();
    try {
      mounts.add(FuseMount.create(place.resolve("blobs"), new BlobVolume(blobs), options, buffers));
      if (trees != null) {
        var volume = new TreeVolume(trees, blobs);
        mounts.add(FuseMount.create(place.resolve("trees"), volume, options, buffers));
      }
    } catch (IOException e) {
      close(mounts, e);
      throw e;
    }
    mounts.forEach(FuseMount::start);
    return new FuseSession(place, mounts);
  }

  /** Returns the path of a layer's data file. */
  public Path blob(long slot) {
    return directory.resolve("blobs").resolve(Long.toString(slot));
  }

  /** Returns the path of a layer's root directory. */
  public Path tree(long slot) {
    return directory.resolve("trees").resolve(Long.toString(slot));
  }

  /** Returns if all mounts are served; false after {@link #close}, or if someone unmounted one. */
  public boolean isServing() {
    return mounts.stream().allMatch(mount -> mount.connection().isOpen());
  }

  /**
   * Unmounts. Users that are left get errors from now on, among them EROFS mounts on blobs: unmount
   * those first. Never waits for a reader or a handler. Idempotent.
   *
   * @throws IOException if a mount could not be taken away, even lazily; it is not served any more
   */
  @Override
  public void close() throws IOException {
    var failure = new IOException("closing the FUSE session at " + directory);
    close(mounts, failure);
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }

  private static void close(List<FuseMount> mounts, IOException failure) {
    for (FuseMount mount : mounts.reversed()) {
      try {
        mount.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
