package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.MountPoints;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** One volume, mounted and served over a connection of its own. */
final class FuseMount implements AutoCloseable {
  private static final String TYPE = "fuse.lazuli";

  /** An image's files give no rights on the host: no setuid programs, no devices. */
  static final long FLAGS = Mounts.MS_NOATIME | Mounts.MS_NOSUID | Mounts.MS_NODEV;

  /** More than anybody ever mounted on one directory. */
  private static final int MAX_STALE_MOUNTS = 64;

  private final Path directory;
  private final SharedDevice device;
  private final FuseConnection connection;
  private final Negotiated negotiated;
  private final AtomicBoolean closed = new AtomicBoolean();

  private FuseMount(
      Path directory, SharedDevice device, FuseConnection connection, Negotiated negotiated) {
    this.directory = directory;
    this.device = device;
    this.connection = connection;
    this.negotiated = negotiated;
  }

  /** Mounts a volume afresh; {@link #start} must follow before anyone looks at it. */
  static FuseMount create(
      Path directory, Volume volume, SessionOptions options, ReplyBuffers buffers)
      throws IOException {
    prepare(directory);
    var device = SharedDevice.open();
    try {
      Mounts.mount(
          "lazuli",
          directory,
          TYPE,
          volume.mountFlags(),
          "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other"
              .formatted(device.descriptor().number()));
    } catch (IOException e) {
      device.close();
      throw e;
    }
    try {
      long wanted = volume.wantedFlags() | (options.resend() ? Protocol.HAS_RESEND : 0);
      Negotiated negotiated = Handshake.answer(device, wanted);
      SharedDevice served = negotiated.canResend() ? device : device.cloned();
      return new FuseMount(
          directory, served, connection(directory, served, volume, options, buffers), negotiated);
    } catch (IOException e) {
      device.close();
      detach(directory, e);
      throw e;
    }
  }

  /** A connection that another process began, and what it settled with the kernel. */
  record Resumable(FileDescriptor descriptor, Negotiated negotiated) {}

  /** Returns whether a connection is still mounted at a directory, and one that we can serve. */
  static boolean isResumable(Path directory, FileDescriptor descriptor, Negotiated negotiated) {
    try {
      return negotiated.maxReadBytes() <= Protocol.MAX_READ_BYTES
          && !descriptor.hasFailed()
          && MountPoints.read().contains(directory, TYPE);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Goes on serving a volume; {@link #start} must follow.
   *
   * <p>Requests that the former process took come again where the kernel can do that. Where it
   * cannot, they have failed with its clone of the device.
   *
   * @throws IOException if the kernel refuses; the descriptor stays the caller's
   */
  static FuseMount resume(
      Path directory, Resumable former, Volume volume, SessionOptions options, ReplyBuffers buffers)
      throws IOException {
    var first = new SharedDevice(former.descriptor());
    boolean resend = former.negotiated().canResend();
    SharedDevice device = resend ? first : first.cloned();
    FuseConnection connection = connection(directory, device, volume, options, buffers);
    if (resend) {
      // Before our loops have taken anything, so that nothing they take comes twice.
      connection.askForResend();
    }
    return new FuseMount(directory, device, connection, former.negotiated());
  }

  private static FuseConnection connection(
      Path directory,
      SharedDevice device,
      Volume volume,
      SessionOptions options,
      ReplyBuffers buffers) {
    String name = "fuse-" + directory.getFileName();
    return new FuseConnection(name, device, volume, options.loops(), buffers);
  }

  void start() {
    connection.start();
  }

  FuseConnection connection() {
    return connection;
  }

  SharedDevice device() {
    return device;
  }

  Negotiated negotiated() {
    return negotiated;
  }

  Path directory() {
    return directory;
  }

  String volumeName() {
    return directory.getFileName().toString();
  }

  /**
   * Unmounts. If the volume is in use, its users get errors from now on: the connection is aborted
   * and the mount taken out of the tree, to vanish with its last user. Never waits for users. Once
   * closed, it does nothing: another session may be mounted there by then.
   */
  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      unmount();
    } finally {
      connection.stop();
      device.close();
    }
  }

  /** Takes no more requests, if those that are taken must also be answered here. */
  void takeNoMore() {
    if (!negotiated.canResend()) {
      connection.takeNoMore();
    }
  }

  /**
   * Ends this process's part only. Where the kernel sends requests again, late replies still go out
   * as long as it lives; elsewhere every request was answered, one way or another, when this
   * returns.
   *
   * @param end how long handlers may take for that, as {@link System#nanoTime} counts
   */
  void leave(long end) throws InterruptedException {
    if (!negotiated.canResend()) {
      connection.settle(end);
    }
    connection.leave();
  }

  /** Ends serving and lets go of the connection, which its keeper still has. */
  void abandon() {
    connection.leave();
    device.close();
  }

  private void unmount() throws IOException {
    try {
      Mounts.unmount(directory, Mounts.UMOUNT_NOFOLLOW);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EBUSY) {
        abort(directory);
      } else if (e.errno() != Errno.EINVAL && e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** Aborts the connection, so that the loops end although the mount is in use, and detaches. */
  private static void abort(Path directory) throws IOException {
    try {
      Mounts.unmount(directory, Mounts.UMOUNT_NOFOLLOW | Mounts.MNT_FORCE);
    } catch (ErrnoException e) {
      Mounts.unmount(directory, Mounts.UMOUNT_NOFOLLOW | Mounts.MNT_DETACH);
    }
  }

  /**
   * Makes an empty place to mount on: mounts that a dead process left there are taken away. Their
   * connections are aborted. One that was killed while it waited for its own mount cannot end
   * before that, and readers would wait as long.
   */
  private static void prepare(Path directory) throws IOException {
    for (int i = 0; i < MAX_STALE_MOUNTS && unmountStale(directory); i++) {}
    Files.createDirectories(directory);
  }

  private static boolean unmountStale(Path directory) throws IOException {
    try {
      abort(directory);
      return true;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINVAL || e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
  }

  private static void detach(Path directory, IOException reason) {
    try {
      Mounts.unmount(directory, Mounts.UMOUNT_NOFOLLOW | Mounts.MNT_DETACH);
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }
}
