package dev.lazuli.snapshotter.node;

import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.Pipe;
import dev.lazuli.demo.images.BlobDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Mounts, reads, compares and removes one layer again and again, on a thread of its own. */
final class KillsReader {
  private static final long RETRY_MILLIS = 20;

  /** No more than a pipe holds. */
  private static final int PIECE_BYTES = 16 << 10;

  private final SnapshotCalls calls;
  private final String name;
  private final String reference;
  private final BlobDescriptor blob;
  private final List<String> expected;
  private final boolean mapped;
  private final KillsResult result;
  private final Thread thread;
  private volatile boolean enough;

  KillsReader(
      SnapshotCalls calls,
      String name,
      String reference,
      BlobDescriptor blob,
      List<String> expected,
      boolean mapped,
      KillsResult result) {
    this.calls = calls;
    this.name = name;
    this.reference = reference;
    this.blob = blob;
    this.expected = List.copyOf(expected);
    this.mapped = mapped;
    this.result = result;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  void start() {
    thread.start();
  }

  /** Ends after the round that it is in. */
  void end() throws InterruptedException {
    enough = true;
    thread.join();
  }

  private void run() {
    try {
      while (!enough) {
        var tree = mount();
        for (int file = 0; file < expected.size(); file++) {
          compare(tree.resolve("f" + file), expected.get(file));
        }
        remove(view());
        remove(name);
        result.layerRead();
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      result.error(name + ": " + e);
    }
  }

  private String view() {
    return name + "-view";
  }

  private Path mount() throws IOException, InterruptedException {
    while (true) {
      var code = calls.prepareLayer(name, reference, blob);
      if (code == Status.Code.ALREADY_EXISTS) {
        try {
          return calls.view(view(), name);
        } catch (StatusException e) {
          code = e.getStatus().getCode();
        }
      } else if (code == Status.Code.OK) {
        result.fallback();
        remove("extract " + name);
      }
      pauseUnlessRefused(code, "mount of " + name);
    }
  }

  private void remove(String snapshot) throws IOException, InterruptedException {
    while (true) {
      var code = calls.remove(snapshot);
      // Not found: it was removed, but the daemon was killed before it could say so.
      if (code == Status.Code.OK || code == Status.Code.NOT_FOUND) {
        return;
      }
      pauseUnlessRefused(code, "removal of " + snapshot);
    }
  }

  /** While no daemon answers there is nothing to do but to ask again. */
  private static void pauseUnlessRefused(Status.Code code, String what)
      throws IOException, InterruptedException {
    if (code != Status.Code.UNAVAILABLE && code != Status.Code.OK) {
      throw new IOException(what + ": " + code);
    }
    // A refused call has no end to wait for, and asking at once would take the processor away.
    Thread.sleep(RETRY_MILLIS);
  }

  private void compare(Path file, String digest) throws IOException {
    result.fileRead(digest.equals(sha256(mapped ? map(file) : Files.readAllBytes(file))), file);
  }

  /**
   * Reads a file's pages by mapping it. A page fault of Java code would hold up every safepoint of
   * this process, and with it the registry that must send what is missing. So the kernel copies the
   * pages, through a pipe, while this thread is not in Java.
   */
  private static byte[] map(Path file) throws IOException {
    try (var arena = Arena.ofConfined();
        var channel = FileChannel.open(file);
        var pipe = Pipe.open()) {
      var pages = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      var bytes = new byte[(int) channel.size()];
      var piece = arena.allocate(PIECE_BYTES);
      var state = FileDescriptor.newCallState(arena);
      for (int at = 0; at < bytes.length; ) {
        long wanted = Math.min(PIECE_BYTES, bytes.length - at);
        long written = pipe.writeEnd().write(pages.asSlice(at, wanted), state);
        if (written <= 0 || pipe.readEnd().read(piece.asSlice(0, written), state) != written) {
          throw new IOException("page fault in " + file + ": " + written);
        }
        MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) written);
        at += (int) written;
      }
      return bytes;
    }
  }
}
