package dev.lazuli.snapshotter.node;

import dev.lazuli.demo.images.BlobDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
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
    Thread.sleep(RETRY_MILLIS);
  }

  private void compare(Path file, String digest) throws IOException {
    try {
      result.fileRead(digest.equals(sha256(mapped ? map(file) : Files.readAllBytes(file))), file);
    } catch (InternalError e) {
      throw new IOException("page fault in " + file, e);
    }
  }

  private static byte[] map(Path file) throws IOException {
    try (var channel = FileChannel.open(file)) {
      var bytes = new byte[(int) channel.size()];
      channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes.length).get(bytes);
      return bytes;
    }
  }
}
