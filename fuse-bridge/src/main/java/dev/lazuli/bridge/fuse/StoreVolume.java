package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.fuse.StoreNodes.Directory;
import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.Mounts;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An additional layer store, as Podman's and CRI-O's storage library asks for one: {@code
 * IMAGE/LAYER/{diff,info,blob}}. {@code diff} is a link to where the layer is mounted, so nothing
 * that containers read passes here. Making {@code use} counts a use and removing the layer's
 * directory takes it back; both are answered with {@code ENOENT}, by which the library knows that
 * uses are counted.
 *
 * <p>A directory exists if its name is valid, whether or not there is such a layer: that is found
 * out when one of its files is looked for. Only root has access.
 *
 * @see <a
 *     href="https://github.com/containers/container-libs/blob/main/storage/drivers/overlay/overlay.go">The
 *     library's side</a>
 */
final class StoreVolume implements Volume {
  private static final int DIRECTORY_MODE = 0040700;
  private static final int LINK_MODE = 0120777;
  private static final int FILE_MODE = 0100400;
  private static final int DIFF = 1;
  private static final int INFO = 2;
  private static final int BLOB = 3;
  private static final String USE = "use";

  private final StoreHandler handler;
  private final StoreNodes nodes = new StoreNodes();

  StoreVolume(StoreHandler handler) {
    this.handler = handler;
  }

  @Override
  public long wantedFlags() {
    return 0;
  }

  /** Not read-only, or the kernel would not ask for {@code use}. */
  @Override
  public long mountFlags() {
    return FuseMount.FLAGS | Mounts.MS_NOEXEC;
  }

  @Override
  public boolean answer(FuseConnection connection, FuseRequest request, ReplyBuffer reply) {
    int nameAt =
        switch (request.opcode()) {
          case Protocol.LOOKUP, Protocol.RMDIR -> 0;
          case Protocol.CREATE, Protocol.MKNOD -> Protocol.MAKE_IN_SIZE;
          default -> -1;
        };
    if (nameAt < 0) {
      return false;
    }
    if (!request.hasBody(nameAt) || !request.findName(nameAt)) {
      reply.write(connection.device(), request.unique(), -Errno.EINVAL);
      return true;
    }
    return named(connection, request, reply);
  }

  private boolean named(FuseConnection connection, FuseRequest request, ReplyBuffer reply) {
    var parent = nodes.of(request.node()).orElse(null);
    var name = request.nameText();
    var layer =
        parent != null && parent.isLayer() && StoreNodes.file(request.node()) == 0 ? parent : null;
    var pending = new PendingRead(connection, request, 0, 0, Protocol.ENTRY_OUT_SIZE, reply);
    switch (request.opcode()) {
      case Protocol.LOOKUP -> {
        int file = layer == null ? 0 : file(name);
        if (layer == null || file == 0) {
          return false;
        }
        long node = request.node() + file;
        pending.start(answer -> find(layer, node, answer));
      }
      case Protocol.RMDIR -> {
        if (parent == null || parent.isLayer() || !handler.isLayer(name)) {
          reply.write(connection.device(), request.unique(), -Errno.EPERM);
        } else {
          var released = change(request);
          pending.start(gone(() -> handler.release(parent.image(), name, released)));
        }
      }
      default -> {
        if (layer == null || !name.equals(USE)) {
          reply.write(connection.device(), request.unique(), -Errno.EPERM);
        } else {
          var used = change(request);
          pending.start(gone(() -> handler.use(layer.image(), layer.layer(), used)));
        }
      }
    }
    return true;
  }

  private static StoreHandler.Request change(FuseRequest request) {
    long number = request.unique() & ~Protocol.UNIQUE_RESEND;
    return new StoreHandler.Request(number, number != request.unique());
  }

  private interface Change {
    CompletableFuture<Void> begin();
  }

  /** A change cannot be interrupted: it is answered once it is done. */
  private static Consumer<ReadReply> gone(Change change) {
    return answer -> {
      var _ =
          change
              .begin()
              .whenComplete(
                  (_, failure) -> answer.fail(failure == null ? Errno.ENOENT : Errno.EIO));
    };
  }

  private void find(Directory directory, long node, ReadReply answer) {
    var found = handler.find(directory.image(), directory.layer());
    answer.onInterrupt(() -> found.cancel(false));
    var _ =
        found.whenComplete(
            (view, failure) -> {
              if (failure == null) {
                answer.send((body, _) -> entry(body, node, view));
              } else {
                answer.fail(Errno.ENOENT);
              }
            });
  }

  private static int file(String name) {
    return switch (name) {
      case "diff" -> DIFF;
      case "info" -> INFO;
      case "blob" -> BLOB;
      default -> 0;
    };
  }

  /** Finds a directory; files are found by {@link #answer}. */
  @Override
  public int lookup(long parent, FuseRequest request, MemorySegment body) {
    var name = request.nameText();
    Directory directory;
    if (parent == Protocol.ROOT_ID) {
      if (!handler.isImage(name)) {
        return -Errno.ENOENT;
      }
      directory = new Directory(name, "");
    } else {
      var image = nodes.of(parent).orElse(null);
      if (image == null) {
        return -Errno.ESTALE;
      }
      if (image.isLayer() || !handler.isLayer(name)) {
        return -Errno.ENOENT;
      }
      directory = new Directory(image.image(), name);
    }
    return entry(body, nodes.number(directory), null);
  }

  /** Writes an entry that the kernel is not to keep. */
  private static int entry(MemorySegment body, long node, StoreHandler.@Nullable View view) {
    int length = Attributes.entry(body, 0, node);
    body.set(JAVA_LONG_UNALIGNED, Protocol.ENTRY_VALID, 0);
    body.set(JAVA_LONG_UNALIGNED, Protocol.ENTRY_ATTR_VALID, 0);
    writeAttributes(body, Protocol.ENTRY_ATTR, node, view);
    return length;
  }

  private static void writeAttributes(
      MemorySegment to, long at, long node, StoreHandler.@Nullable View view) {
    if (view == null) {
      Attributes.write(to, at, node, 0, DIRECTORY_MODE, 2, 0, 0);
      return;
    }
    switch (StoreNodes.file(node)) {
      case DIFF -> Attributes.write(to, at, node, target(view).length, LINK_MODE, 1, 0, 0);
      case INFO -> Attributes.write(to, at, node, view.info().length, FILE_MODE, 1, 0, 0);
      case BLOB -> Attributes.write(to, at, node, view.blobSize(), FILE_MODE, 1, 0, 0);
      default -> Attributes.write(to, at, node, 0, DIRECTORY_MODE, 2, 0, 0);
    }
  }

  private static byte[] target(StoreHandler.View view) {
    return view.tree().toString().getBytes(UTF_8);
  }

  @Override
  public int attributes(long node, MemorySegment body) {
    int length = Attributes.attributesOut(body);
    if (node == Protocol.ROOT_ID) {
      // Kept by the kernel: the store's users look at it first thing, also while nobody serves it.
      writeAttributes(body, Protocol.ATTR_OUT_ATTR, node, null);
      return length;
    }
    var view = view(node);
    if (nodes.of(node).isEmpty() || (view == null && StoreNodes.file(node) != 0)) {
      return -Errno.ESTALE;
    }
    body.set(JAVA_LONG_UNALIGNED, Protocol.ATTR_OUT_VALID, 0);
    writeAttributes(body, Protocol.ATTR_OUT_ATTR, node, view);
    return length;
  }

  /** Returns the layer that a file is of; null for directories and if it is not here. */
  private StoreHandler.@Nullable View view(long node) {
    if (StoreNodes.file(node) == 0 || node == Protocol.ROOT_ID) {
      return null;
    }
    var directory = nodes.of(node).orElse(null);
    return directory == null ? null : handler.view(directory.image(), directory.layer());
  }

  /** Reads come here one by one: what a file says may be another thing next time. */
  @Override
  public int open(long node, MemorySegment body) {
    if (view(node) == null) {
      return -Errno.ESTALE;
    }
    if (StoreNodes.file(node) != INFO) {
      return -Errno.EOPNOTSUPP;
    }
    return Attributes.openedDirectly(body);
  }

  /** Lists nothing: a directory exists only once its name is looked up. */
  @Override
  public int readDirectory(long node, long cookie, int limit, boolean plus, MemorySegment body) {
    return new DirectoryWriter(body, limit, plus).listRoot(cookie);
  }

  @Override
  public int readLink(long node, MemorySegment body) {
    var view = view(node);
    if (view == null) {
      return -Errno.ESTALE;
    }
    if (StoreNodes.file(node) != DIFF) {
      return -Errno.EINVAL;
    }
    byte[] target = target(view);
    MemorySegment.copy(target, 0, body, JAVA_BYTE, 0, target.length);
    return target.length;
  }

  @Override
  public void read(
      FuseConnection connection, FuseRequest request, long offset, int length, ReplyBuffer reply) {
    var view = view(request.node());
    int result;
    if (view == null || StoreNodes.file(request.node()) != INFO) {
      result = -Errno.ESTALE;
    } else {
      byte[] info = view.info();
      int from = (int) Math.min(offset, info.length);
      result = Math.min(length, info.length - from);
      MemorySegment.copy(info, from, reply.body(), JAVA_BYTE, 0, result);
    }
    reply.write(connection.device(), request.unique(), result);
  }
}
