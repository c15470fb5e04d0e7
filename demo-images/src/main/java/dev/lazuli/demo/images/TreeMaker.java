package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tree in a directory, in the form that overlayfs wants its upper directories in. GNU tar
 * does it, because it can make every kind of file but a socket, with every attribute.
 */
final class TreeMaker {
  private static final String OPAQUE = "trusted.overlay.opaque";

  private final Path directory;

  TreeMaker(Path directory) {
    this.directory = directory;
  }

  void make(Iterable<TreeEntry> tree) throws IOException {
    var errors = Files.createTempFile("tar", ".err");
    try {
      var tar = tar().redirectErrorStream(true).redirectOutput(errors.toFile()).start();
      var failure = feed(tar, tree);
      var status = tar.waitFor();
      if (status != 0 || failure != null) {
        var message = "tar into " + directory + ": status " + status + ": ";
        throw new IOException(message + Files.readString(errors), failure);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("tar into " + directory + ": interrupted", e);
    } finally {
      Files.delete(errors);
    }
    for (var entry : tree) {
      if (entry.node() instanceof Node.Socket) {
        socket(entry);
      }
    }
  }

  private ProcessBuilder tar() {
    var builder =
        new ProcessBuilder(
            "tar",
            "--extract",
            "--preserve-permissions",
            "--same-owner",
            "--numeric-owner",
            "--xattrs",
            "--xattrs-include=*",
            "--delay-directory-restore",
            "--directory=" + directory);
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder.redirectInput(Redirect.PIPE);
  }

  /** Returns what went wrong, if it did: tar, which may have ended first, knows better why. */
  private static @Nullable IOException feed(Process tar, Iterable<TreeEntry> tree) {
    Set<String> opaque = new HashSet<>();
    Set<String> directories = new HashSet<>();
    for (var entry : tree) {
      if (entry.node() instanceof Node.Opaque) {
        opaque.add(entry.path());
      } else if (entry.node() instanceof Node.Directory) {
        directories.add(entry.path());
      }
    }
    try (var writer = new TarWriter(new BufferedOutputStream(tar.getOutputStream(), 1 << 16))) {
      for (var entry : tree) {
        switch (entry.node()) {
          case Node.Socket() -> {}
          case Node.Opaque() when directories.contains(entry.path()) -> {}
          case Node.Opaque() -> writer.write(opaque(as(entry, new Node.Directory(), 0755)));
          case Node.Directory() when opaque.contains(entry.path()) -> writer.write(opaque(entry));
          case Node.Whiteout() -> writer.write(as(entry, new Node.Device(false, 0, 0), 0));
          default -> writer.write(entry);
        }
      }
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private static TreeEntry as(TreeEntry e, Node node, int permissions) {
    return new TreeEntry(e.path(), node, permissions, e.uid(), e.gid(), e.modified(), e.xattrs());
  }

  private static TreeEntry opaque(TreeEntry e) {
    Map<String, byte[]> xattrs = new HashMap<>(e.xattrs());
    xattrs.put(OPAQUE, "y".getBytes(UTF_8));
    return new TreeEntry(
        e.path(), e.node(), e.permissions(), e.uid(), e.gid(), e.modified(), xattrs);
  }

  /** Binds at a short path first: the address of a socket has at most 107 bytes. */
  private void socket(TreeEntry entry) throws IOException {
    var place = directory.resolve(entry.path());
    var parentTime = Files.getLastModifiedTime(place.resolveSibling(""));
    var nearby = directory.resolve(".s");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(nearby));
    }
    Files.setAttribute(nearby, "unix:uid", entry.uid(), LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(nearby, "unix:gid", entry.gid(), LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(nearby, "unix:mode", entry.permissions());
    Files.setLastModifiedTime(nearby, FileTime.from(entry.modified()));
    Files.move(nearby, place);
    Files.setLastModifiedTime(place.resolveSibling(""), parentTime);
  }
}
