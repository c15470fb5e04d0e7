package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A layer with holes, and a source of several ranges. */
abstract class SeveralRangesRig {
  /** Twenty chunks, or about 200 KB, lie between them: more than anything bridges. */
  static final int STEP = 20;

  final TestBlob blob = new TestBlob(51, 200, 20_000, 1);

  final TestSource source = new TestSource(blob.blob);

  @RegisterExtension final FetchRig rig = new FetchRig();

  LayerData data;

  @BeforeEach
  void open() throws IOException {
    data = rig.add(blob);
    source.rangesAtOnce = 50;
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
    assertThat(source.open).hasValue(0);
  }

  LayerFetch attach(FetchOptions options) throws IOException {
    return rig.timelessScheduler(options).attach(data, source, Compression.GZIP);
  }

  /** Has the source wait at a chunk until the latch is counted down. */
  CountDownLatch holdAt(int chunk) {
    var held = new CountDownLatch(1);
    source.onPiece =
        (at, _) -> {
          if (at == blob.blobOffset(chunk)) {
            held.await();
          }
        };
    return held;
  }

  /** One chunk in twenty, from {@code first} on. */
  List<ChunkRun> scattered(int first) {
    var runs = new ArrayList<ChunkRun>();
    for (int chunk = first; chunk < blob.count(); chunk += STEP) {
      runs.add(new ChunkRun(chunk, chunk + 1));
    }
    return runs;
  }

  long timesAsked(int chunk) {
    return source.ranges.stream().filter(r -> r.offset() == blob.blobOffset(chunk)).count();
  }
}
