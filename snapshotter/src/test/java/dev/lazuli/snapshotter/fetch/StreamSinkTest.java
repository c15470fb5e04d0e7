package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.CommitRefusedException;
import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class StreamSinkTest {
  @RegisterExtension final FetchRig rig = new FetchRig();
  private LayerData data;
  private StreamSink sink;

  @BeforeEach
  void open() throws IOException {
    var blob = new TestBlob(1, 5, 20_000, 1);
    data = rig.add(blob);
    var link = new LinkEstimate(1, 2);
    var layer = new AttachedLayer(data, new TestSource(blob.blob), Compression.GZIP, link, 1 << 20);
    var flight = new Flight(layer.view(), List.of(new ChunkRun(0, 5)), Priority.ON_DEMAND);
    var parts =
        new StreamParts(
            new Willing(),
            FetchListener.NONE,
            new ChunkDecoder(Limits.DEFAULT),
            new Gate(() -> false),
            System::nanoTime);
    sink = new StreamSink(parts, layer, flight);
  }

  private void assertNobodyKeepsTheChunk() throws IOException {
    try (var next = data.writer(0)) {
      next.write(ByteBuffer.allocateDirect(10));
    }
  }

  @Test
  void failedCommit_leavesTheChunkToTheNextWriter() throws IOException {
    sink.begin(0);
    sink.write(ByteBuffer.allocateDirect(10));

    assertThatThrownBy(() -> sink.commit(new byte[32])).isInstanceOf(CommitRefusedException.class);

    assertNobodyKeepsTheChunk();
  }

  @Test
  void sinkThatIsClosedWithinAChunk_leavesItToTheNextWriter() throws IOException {
    sink.begin(0);

    sink.close();

    assertNobodyKeepsTheChunk();
  }

  @Test
  void chunkThatIsBeingWritten_isDropped() throws IOException {
    try (var other = data.writer(0)) {
      sink.begin(0);
      sink.write(ByteBuffer.allocateDirect(10));
      sink.commit(new byte[32]);

      other.write(ByteBuffer.allocateDirect(10));
      assertThat(data.isPresent(0)).isFalse();
    }
  }

  /** Wants everything. */
  private static final class Willing implements StreamEvents {
    @Override
    public boolean mayBring(AttachedLayer layer, Flight flight, int chunk) {
      return true;
    }

    @Override
    public void passed(Flight flight, int chunk) {}

    @Override
    public void committed(AttachedLayer layer, Flight flight, int chunk) {}

    @Override
    public void found(AttachedLayer layer, int chunk) {}

    @Override
    public void receiving(Flight flight) {}

    @Override
    public void letGo(AttachedLayer layer, Flight flight, int chunk) {}

    @Override
    public void learnt(AttachedLayer layer) {}

    @Override
    public long backgroundPause(int bytes) {
      return 0;
    }

    @Override
    public void unexpected(String thread, Throwable error) {}

    @Override
    public void ended(
        AttachedLayer layer, Flight flight, @Nullable Throwable failure, boolean wrongBytes) {}
  }
}
