package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.fuse.BlobHandler;
import dev.lazuli.bridge.fuse.ReadReply;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A read that waits for the network holds up no other read of the same layer. */
final class SlowReadsIT {
  private static final String FIRST = "first\n";

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource(names = {"EROFS_LAZY", "EROFS_LOOP_LAZY", "FUSE_TREE"})
  @Timeout(180)
  void readOfOneFile_isNotHeldUpByAnother(MountVariant way) throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    var support = ErofsSupport.probe(dir);
    assumeTrue(support.file().available() && support.loop().available(), support.toString());
    var tree = new ImageTree().directory("").file("a", FIRST);
    tree.file("b", FileContent.generated(1 << 20, 1)).file("c", FileContent.generated(1 << 20, 2));
    var layer = ReferenceLayer.make(tree, dir.resolve("layer"));
    var local = new MountVariant.LocalBlob(FileChannel.open(layer.data(), StandardOpenOption.READ));
    var blob = new FirstBlockWaits(local);

    try (var mounted = way.mount(layer, dir.resolve("m"), blob, local)) {
      var slow = CompletableFuture.supplyAsync(() -> read(mounted.root().resolve("a")));
      assertThat(blob.asked.await(60, TimeUnit.SECONDS)).isTrue();

      for (String other : new String[] {"b", "c"}) {
        assertThat(Files.mismatch(mounted.root().resolve(other), layer.reference().resolve(other)))
            .isEqualTo(-1);
      }

      assertThat(slow).isNotDone();
      blob.answer();
      assertThat(slow.get(60, TimeUnit.SECONDS)).isEqualTo(FIRST);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Answers reads of the first block only when it is told to. */
  private record FirstBlockWaits(
      BlobHandler handler, CountDownLatch asked, AtomicReference<Runnable> waiting)
      implements BlobHandler {
    FirstBlockWaits(BlobHandler handler) {
      this(handler, new CountDownLatch(1), new AtomicReference<>(() -> {}));
    }

    @Override
    public long size(long slot) {
      return handler.size(slot);
    }

    @Override
    public void read(long slot, long offset, int length, ReadReply reply) {
      if (offset > 0) {
        handler.read(slot, offset, length, reply);
        return;
      }
      waiting.set(() -> handler.read(slot, offset, length, reply));
      asked.countDown();
    }

    void answer() {
      waiting.get().run();
    }
  }
}
