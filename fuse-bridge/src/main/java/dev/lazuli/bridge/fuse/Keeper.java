package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.FileDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Holds a session's connections while no process serves them, so that readers wait for the next
 * process instead of getting errors. Called by one thread at a time.
 */
public interface Keeper {
  /**
   * Returns the service manager's store of descriptors if this process has one ({@code
   * NOTIFY_SOCKET} is set; the unit needs {@code FileDescriptorStoreMax=2}), otherwise a process of
   * our own that sleeps.
   *
   * @param environment this process's environment
   * @param directory where to remember the sleeping process; it must exist and be gone after a
   *     reboot, and no other daemon may use it
   * @param patience how long a sleeping process waits for the next daemon once this one is gone;
   *     then it ends, and readers get errors. The service manager has rules of its own
   */
  static Keeper of(Map<String, String> environment, Path directory, Duration patience) {
    String notifySocket = environment.get("NOTIFY_SOCKET");
    return notifySocket != null && !notifySocket.isEmpty()
        ? new ServiceManagerKeeper(environment, notifySocket)
        : new ProcessKeeper(directory, patience);
  }

  /**
   * Returns what a former process left, by name; empty if there is nothing. The descriptors are the
   * caller's, and are kept until {@link #keep} or {@link #release}.
   *
   * @throws IOException if something was left but cannot be taken back
   */
  Map<String, FileDescriptor> take() throws IOException;

  /**
   * Keeps these descriptors, and only these, from now on.
   *
   * @param descriptors by names of letters, digits, {@code .} and {@code -}; they stay the caller's
   * @throws IOException if they cannot be kept; what was kept before may still be
   */
  void keep(Map<String, FileDescriptor> descriptors) throws IOException;

  /**
   * Lets go of everything that was kept.
   *
   * @throws IOException if it is not certain that this worked
   */
  void release() throws IOException;
}
