package dev.lazuli.bridge.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.erofs.ServedBlobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** A daemon to be killed while the kernel waits for its answer about a file that it mounts. */
final class SilentServer {
  /** What it says once it was asked. */
  static final String ASKED = "asked";

  private SilentServer() {}

  /** Directory, way to mount. */
  public static void main(String[] args) throws IOException {
    var directory = Path.of(args[0]);
    var session =
        FuseSession.mount(directory.resolve("fs"), new Silent(), null, SessionOptions.defaults());
    ServedBlobs.with(directory.resolve("mount"))
        .mount(
            ErofsMount.Backing.valueOf(args[1]),
            directory.resolve("meta.erofs"),
            session.blob(HandOverServer.SLOT),
            Files.createDirectory(directory.resolve("erofs")));
  }

  /** Takes questions, and answers none. */
  private static final class Silent implements BlobHandler {
    @Override
    public long size(long slot) {
      System.out.write((ASKED + "\n").getBytes(UTF_8), 0, ASKED.length() + 1);
      System.out.flush();
      while (true) {
        LockSupport.park();
      }
    }

    @Override
    public void read(long slot, long offset, int length, ReadReply reply) {}
  }
}
