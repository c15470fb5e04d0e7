package dev.lazuli.bridge.erofs;

import static java.util.Objects.requireNonNull;

import dev.lazuli.bridge.fuse.BlobHandler;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.ReadReply;
import dev.lazuli.bridge.fuse.SessionOptions;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The ways to show a layer, as the architecture names them. */
enum MountVariant {
  EROFS_LOCAL(ErofsMount.Backing.FILE, false),
  EROFS_LOOP(ErofsMount.Backing.LOOP, false),
  EROFS_LAZY(ErofsMount.Backing.FILE, true),
  EROFS_LOOP_LAZY(ErofsMount.Backing.LOOP, true),
  FUSE_TREE(null, true);

  static final long SLOT = 7;

  private final ErofsMount.@Nullable Backing backing;
  private final boolean fuse;

  MountVariant(ErofsMount.@Nullable Backing backing, boolean fuse) {
    this.backing = backing;
    this.fuse = fuse;
  }

  /** A layer on show until it is closed. */
  record Mounted(Path root, Closeable parts) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      parts.close();
    }
  }

  /** Mounts a layer whose data is complete; {@code directory} is new and holds the mount points. */
  Mounted mount(ReferenceLayer layer, Path directory) throws IOException {
    if (fuse) {
      var blob = new LocalBlob(FileChannel.open(layer.data(), StandardOpenOption.READ));
      return mount(layer, directory, blob, blob);
    }
    Path target = Files.createDirectories(directory.resolve("mnt"));
    ErofsMount.mount(requireNonNull(backing), layer.image(), layer.data(), target);
    return new Mounted(target, () -> ErofsMount.unmount(target));
  }

  /** Mounts a layer whose data comes from {@code blob}, closed with the mount. */
  Mounted mount(ReferenceLayer layer, Path directory, BlobHandler blob, Closeable resource)
      throws IOException {
    Path target = Files.createDirectories(directory.resolve("mnt"));
    var image = ErofsImage.open(layer.image());
    var session =
        FuseSession.mount(
            Files.createDirectories(directory.resolve("fuse")),
            blob,
            slot -> slot == SLOT ? image : null,
            SessionOptions.defaults());
    Closeable parts =
        () -> {
          ErofsMount.unmount(target);
          session.close();
          image.close();
          resource.close();
        };
    if (backing == null) {
      return new Mounted(session.tree(SLOT), parts);
    }
    try {
      var served = ServedBlobs.with(directory.resolve("mount"));
      served.mount(backing, layer.image(), session.blob(SLOT), target);
    } catch (IOException e) {
      parts.close();
      throw e;
    }
    return new Mounted(target, parts);
  }

  /** Serves a data file that is complete. */
  record LocalBlob(FileChannel file) implements BlobHandler, Closeable {
    @Override
    public long size(long slot) {
      try {
        return slot == SLOT ? file.size() : -1;
      } catch (IOException e) {
        return -1;
      }
    }

    @Override
    public void read(long slot, long offset, int length, ReadReply reply) {
      reply.send(this::fill);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }

    private void fill(MemorySegment into, long offset) throws IOException {
      var buffer = into.asByteBuffer();
      while (buffer.hasRemaining()) {
        if (file.read(buffer, offset + buffer.position()) < 0) {
          throw new EOFException("data file ends before " + (offset + buffer.limit()));
        }
      }
    }
  }
}
