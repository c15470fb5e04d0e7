package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.FileDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger log = LoggerFactory.getLogger(FuseSession.class);

  private final Path directory;
  private final List<FuseMount> mounts;
  private final boolean resumed;
  private final @Nullable Keeper keeper;

  private volatile String notKept = "there is no keeper";

  private FuseSession(
      Path directory, List<FuseMount> mounts, boolean resumed, @Nullable Keeper keeper) {
    this.directory = directory;
    this.mounts = List.copyOf(mounts);
    this.resumed = resumed;
    this.keeper = keeper;
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
    return mount(directory, blobs, trees, null, options);
  }

  /** Mounts and serves likewise, with an additional layer store besides. */
  public static FuseSession mount(
      Path directory,
      BlobHandler blobs,
      @Nullable TreeProvider trees,
      @Nullable StorePlace store,
      SessionOptions options)
      throws IOException {
    return start(SessionVolumes.of(directory, blobs, trees, store), options, Map.of(), null);
  }

  /**
   * Where an additional layer store is mounted.
   *
   * @param directory made if it is not there; it stays when the session is closed. Its name must be
   *     of small letters, and not one of the session's own
   * @param handler knows what it shows
   */
  public record StorePlace(Path directory, StoreHandler handler) {}

  /**
   * Goes on serving what a former process served at the same directory, if the keeper has it;
   * otherwise mounts as {@link #mount} does. Requests that the former process had taken and not
   * answered come again, or have failed where the kernel cannot send them again. From now on the
   * keeper holds the session, so that the next process can do the same; if it cannot, the session
   * works but will not outlive this process, and the log says so.
   *
   * @param store an additional layer store to show; null for none
   * @param keeper used by the session until it is closed
   * @throws IOException if the kernel's FUSE is too old, or refuses; or if a former session's
   *     connections cannot be taken over now. That session is then unchanged, for the next try
   */
  public static FuseSession resumeOrMount(
      Path directory,
      BlobHandler blobs,
      @Nullable TreeProvider trees,
      @Nullable StorePlace store,
      SessionOptions options,
      Keeper keeper)
      throws IOException {
    var volumes = SessionVolumes.of(directory, blobs, trees, store);
    FuseSession session = start(volumes, options, volumes.takeUsable(keeper), keeper);
    session.entrust(keeper);
    return session;
  }

  private static FuseSession start(
      SessionVolumes volumes,
      SessionOptions options,
      Map<String, FuseMount.Resumable> left,
      @Nullable Keeper keeper)
      throws IOException {
    var buffers = new ReplyBuffers(options.replyBuffers());
    List<FuseMount> mounts = new ArrayList<>();
    boolean started = false;
    try {
      for (var shown : volumes.all()) {
        Path target = shown.directory();
        FuseMount.Resumable former = left.get(target.getFileName().toString());
        mounts.add(
            former == null
                ? FuseMount.create(target, shown.volume(), options, buffers)
                : FuseMount.resume(target, former, shown.volume(), options, buffers));
      }
      for (FuseMount mount : mounts) {
        mount.start();
      }
      started = true;
    } finally {
      if (!started) {
        undo(mounts, left);
      }
    }
    boolean resumed = left.containsKey(SessionVolumes.BLOBS);
    return new FuseSession(volumes.directory(), mounts, resumed, keeper);
  }

  /** Takes away what was mounted; what a former process mounted is left to the next. */
  private static void undo(List<FuseMount> mounts, Map<String, FuseMount.Resumable> left) {
    var unused = new HashMap<>(left);
    for (FuseMount mount : mounts.reversed()) {
      try {
        if (unused.remove(mount.volumeName()) == null) {
          mount.close();
        } else {
          mount.abandon();
        }
      } catch (IOException e) {
        log.warn("unmount of {}: {}", mount.directory(), e.getMessage());
      }
    }
    unused.values().forEach(former -> former.descriptor().close());
  }

  private void entrust(Keeper keeper) {
    var descriptors = new LinkedHashMap<String, FileDescriptor>();
    for (FuseMount mount : mounts) {
      var volume = mount.volumeName();
      descriptors.put(
          new KeptConnection(volume, mount.negotiated()).name(), mount.device().descriptor());
    }
    try {
      keeper.keep(descriptors);
      notKept = "";
      if (!canResend()) {
        log.warn(
            "this kernel cannot resend FUSE requests (Linux 6.9 and newer can): reads that wait for"
                + " content fail if this process crashes");
      }
    } catch (IOException e) {
      notKept = String.valueOf(e.getMessage());
      log.warn("the FUSE session at {} will not outlive this process", directory, e);
    }
  }

  /** Returns why the session will not outlive this process; empty where a keeper has it. */
  public String whyNotKept() {
    return notKept;
  }

  /**
   * Returns whether the session is one that another process began: what was mounted on it still is.
   */
  public boolean wasResumed() {
    return resumed;
  }

  /** Returns the path of a layer's data file. */
  public Path blob(long slot) {
    return blob(directory, slot);
  }

  /** Returns where a session at {@code directory} has, or will have, a layer's data file. */
  public static Path blob(Path directory, long slot) {
    return directory.resolve(SessionVolumes.BLOBS).resolve(Long.toString(slot));
  }

  /** Returns the path of a layer's root directory. */
  public Path tree(long slot) {
    return tree(directory, slot);
  }

  /** Returns where a session at {@code directory} has, or will have, a layer's root directory. */
  public static Path tree(Path directory, long slot) {
    return directory.resolve(SessionVolumes.TREES).resolve(Long.toString(slot));
  }

  /**
   * Returns whether all mounts are served; false after {@link #close}, or if someone unmounted one.
   */
  public boolean isServing() {
    return mounts.stream().allMatch(mount -> mount.connection().isServing());
  }

  /**
   * Returns how long a thread that takes requests has been busy with one. Handlers do not wait, so
   * more than a moment means that something is wrong.
   */
  public Duration longestRequest() {
    return mounts.stream()
        .map(mount -> mount.connection().longestRequest())
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  /**
   * Fails all reads of a layer with {@code EIO}, those that wait for an answer and those that come
   * until {@link #admitReads}, for which the handler is not asked; its late answers are dropped. To
   * be called before a layer's EROFS mount is taken away: umount(2) waits for every read, even if
   * its reader is dead, and after this no read waits for anybody.
   */
  public void failReads(long slot) {
    mounts.forEach(mount -> mount.connection().failReads(slot));
  }

  /** Ends what {@link #failReads} began: the handler is asked again. */
  public void admitReads(long slot) {
    mounts.forEach(mount -> mount.connection().admitReads(slot));
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
    if (keeper != null) {
      try {
        keeper.release();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }

  /**
   * Returns whether the kernel sends the next process what this one took and did not answer. If
   * not, such requests fail as soon as this process has ended.
   */
  public boolean canResend() {
    return mounts.stream().allMatch(mount -> mount.negotiated().canResend());
  }

  /**
   * Stops serving but leaves everything mounted, for the next process to go on; this one must end
   * soon, and what comes from now on is answered only by the next.
   *
   * <p>Where the kernel cannot send requests again, this waits for the handlers to answer all that
   * was taken.
   *
   * @param patience how long; what then is not answered fails with {@code EIO}
   */
  public void leave(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    mounts.forEach(FuseMount::takeNoMore);
    for (FuseMount mount : mounts) {
      mount.leave(end);
    }
  }

  /** Returns how many reads wait on although their threads have got a signal. */
  int interruptedReads() {
    return mounts.stream().mapToInt(mount -> mount.connection().interruptedReads()).sum();
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
