package dev.lazuli.bridge.erofs;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.MountProgram;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Mounts and unmounts metadata images. Mounts need no object to keep them: they outlive the daemon,
 * and any later process can unmount them by their path.
 *
 * <p>All calls may block and are for threads that may; none needs the thread that serves the FUSE
 * session whose file is the data.
 */
public final class ErofsMount {
  /** What the kernel reads the image and the data through. */
  public enum Backing {
    /**
     * The files themselves: Linux 6.12 and later. The image must not be on a stacked file system.
     */
    FILE,
    /** Loop devices over the files: Linux 5.16 and later. */
    LOOP
  }

  /** How an unmount ended. In each case nothing is mounted at the path any more. */
  public enum Unmounted {
    /** The file system is gone. */
    RELEASED,
    /** It was in use: it is out of the tree, and goes when its last user does. */
    DETACHED,
    /** Nothing was mounted. */
    NOT_MOUNTED
  }

  private static final int BUSY_RETRIES = 5;
  private static final long BUSY_PAUSE_NANOS = 20_000_000; // 20 ms
  private static final int MAX_STACKED = 64;

  private ErofsMount() {}

  /**
   * Mounts an image, read-only, without setuid and devices.
   *
   * @param image a file made by {@link ErofsWriter}
   * @param data the layer's data file, on a disk
   * @param target an existing directory
   * @throws ErrnoException if the kernel refuses; nothing is left behind
   * @throws IOException if a path cannot be written as a mount option
   */
  public static void mount(Backing backing, Path image, Path data, Path target) throws IOException {
    switch (backing) {
      case FILE -> mountInProcess(image, data, target);
      case LOOP -> {
        try (var imageDevice = LoopDevice.attach(image);
            var dataDevice = LoopDevice.attach(data)) {
          mountInProcess(imageDevice.path(), dataDevice.path(), target);
        }
      }
    }
  }

  static void mountInProcess(Path image, Path data, Path target) throws IOException {
    Mounts.mount(
        image.toAbsolutePath().toString(),
        target.toAbsolutePath(),
        "erofs",
        MountProgram.FLAGS,
        device(data));
  }

  /** Returns the mount option that names the data. */
  static String device(Path data) throws IOException {
    String path = data.toAbsolutePath().toString();
    if (path.indexOf(',') >= 0) {
      throw new IOException("mount: there is a comma in the path of its data, " + path);
    }
    return "device=" + path;
  }

  /**
   * Unmounts whatever is mounted at a path, all of it if mounts lie on each other. Waits a moment
   * for users to go, then takes the mount out of the tree under them.
   *
   * @throws ErrnoException if the kernel refuses even that
   */
  public static Unmounted unmount(Path target) throws IOException {
    var outcome = Unmounted.NOT_MOUNTED;
    for (int i = 0; i < MAX_STACKED; i++) {
      var top = unmountTop(target.toAbsolutePath());
      if (top == Unmounted.NOT_MOUNTED) {
        return outcome;
      }
      outcome = outcome == Unmounted.DETACHED ? outcome : top;
    }
    throw new IOException("unmount of " + target + ": more than " + MAX_STACKED + " mounts");
  }

  private static Unmounted unmountTop(Path target) throws IOException {
    for (int attempt = 0; ; attempt++) {
      try {
        boolean detach = attempt == BUSY_RETRIES;
        Mounts.unmount(target, Mounts.UMOUNT_NOFOLLOW | (detach ? Mounts.MNT_DETACH : 0));
        return detach ? Unmounted.DETACHED : Unmounted.RELEASED;
      } catch (ErrnoException e) {
        if (e.errno() == Errno.EINVAL || e.errno() == Errno.ENOENT) {
          return Unmounted.NOT_MOUNTED;
        }
        if (e.errno() != Errno.EBUSY || attempt == BUSY_RETRIES) {
          throw e;
        }
        pause();
      }
    }
  }

  /** Waits the whole time even if the thread is interrupted, which it then still is. */
  private static void pause() {
    long end = System.nanoTime() + BUSY_PAUSE_NANOS;
    boolean interrupted = false;
    for (long left = BUSY_PAUSE_NANOS; left > 0; left = end - System.nanoTime()) {
      try {
        TimeUnit.NANOSECONDS.sleep(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
