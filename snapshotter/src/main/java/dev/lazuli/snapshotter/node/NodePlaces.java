package dev.lazuli.snapshotter.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out whether a daemon can use the places that its configuration names. */
public final class NodePlaces {
  private static final Logger log = LoggerFactory.getLogger(NodePlaces.class);

  /** Ports below it are for root alone. */
  private static final int FIRST_PORT_FOR_ALL = 1024;

  /** {@code sockaddr_un.sun_path} without its NUL, unix(7). */
  private static final int LONGEST_SOCKET = 107;

  /** What the name of a socket grows by while it is made: {@code .} before and this behind. */
  private static final int HIDDEN_BYTES = ".".length() + ".new".length();

  private NodePlaces() {}

  /**
   * Makes the directories, for their owner alone.
   *
   * @throws IOException if a place cannot be used; the message says which and why
   */
  static void check(Configuration config) throws IOException {
    requireShortSockets(config);
    Files.createDirectories(config.root());
    requireWritable(config.root());
    PrivateDirectory.make(config.root(), "layers", "mounts", "tmp");
    PrivateDirectory.make(config.state());
    makeDirectoryOf(config);
    requireUnused(config.root());
    warnOfMemory(config.root());
  }

  /**
   * Returns normally if the kernel can take the paths of a node's sockets.
   *
   * @throws IOException if one is too long
   */
  public static void requireShortSockets(Configuration config) throws IOException {
    requireShort(config.address(), LONGEST_SOCKET - HIDDEN_BYTES);
    requireShort(config.statusSocket(), LONGEST_SOCKET);
  }

  private static void requireShort(Path socket, int most) throws IOException {
    int length = socket.toString().getBytes(UTF_8).length;
    if (length > most) {
      throw new IOException(
          "the path of a socket is too long: %d bytes, at most %d: %s"
              .formatted(length, most, socket));
    }
  }

  /** A directory that is missing is most likely a typing error, unless it is our own. */
  private static void makeDirectoryOf(Configuration config) throws IOException {
    var parent = config.address().toAbsolutePath().getParent();
    if (parent == null || Files.isDirectory(parent)) {
      return;
    }
    if (!parent.equals(Configuration.defaults().address().getParent())) {
      throw new IOException(
          "the directory of the socket %s does not exist: create it first"
              .formatted(config.address()));
    }
    Files.createDirectories(parent);
  }

  /**
   * Returns normally if a root directory, which exists, can be written to.
   *
   * @throws IOException if its file system is read-only
   */
  public static void requireWritable(Path root) throws IOException {
    if (Files.getFileStore(root).isReadOnly()) {
      throw new IOException("the root directory is on a read-only file system: " + root);
    }
  }

  /** The store's own lock is asked, and let go again: this is for the sake of the words. */
  private static void requireUnused(Path root) throws IOException {
    try (var file = FileChannel.open(root.resolve("lock"), StandardOpenOption.WRITE);
        var lock = file.tryLock()) {
      if (lock == null) {
        throw inUse(root);
      }
    } catch (OverlappingFileLockException e) {
      throw inUse(root);
    } catch (NoSuchFileException e) {
      log.debug("{} does not exist yet", root);
    }
  }

  private static IOException inUse(Path root) {
    return new IOException("another daemon uses this root: " + root);
  }

  private static void warnOfMemory(Path root) throws IOException {
    if (isInMemory(root)) {
      var type = Files.getFileStore(root).type();
      log.warn("{} is in memory ({}): images will be gone after a reboot", root, type);
    }
  }

  /** Returns if what is in a directory, which exists, is gone after a reboot. */
  public static boolean isInMemory(Path directory) throws IOException {
    var type = Files.getFileStore(directory).type();
    return type.equals("tmpfs") || type.equals("ramfs");
  }

  /** Returns an address of the configuration, {@code host:port}. */
  static InetSocketAddress address(String text) {
    var uri = URI.create("tcp://" + text);
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  /**
   * Returns where pull secrets are handed over.
   *
   * @throws IOException if it is not on the loopback interface: they are not for the network
   */
  static InetSocketAddress pullSecretsAddress(String text) throws IOException {
    var address = address(text);
    if (address.getAddress() == null || !address.getAddress().isLoopbackAddress()) {
      throw new IOException("registry.pull_secrets is not a loopback address: " + text);
    }
    if (address.getPort() >= FIRST_PORT_FOR_ALL) {
      log.warn(
          "registry.pull_secrets is {}: while no daemon runs, any user of this machine can take a"
              + " port from {} on, and be given pull secrets",
          text,
          FIRST_PORT_FOR_ALL);
    }
    return address;
  }
}
