package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import dev.lazuli.snapshotter.fetch.plan.LowWork;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.fetch.plan.SchedulerState;
import dev.lazuli.snapshotter.fetch.plan.WaitingReader;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The public face of a layer that is attached to the scheduler. */
record ScheduledLayer(
    AttachedLayer layer, GuardedState state, Errands errands, FetchListener listener)
    implements LayerFetch {
  private static final long CLOSE_NANOS = 5_000_000_000L;

  @Override
  public CompletableFuture<Void> demand(int fromChunk, int toChunk) {
    Objects.checkFromToIndex(fromChunk, toChunk, layer.view().chunkCount());
    if (layer.view().nextMissing(fromChunk, toChunk) < 0) {
      return CompletableFuture.completedFuture(null);
    }
    listener.demandWaits(layer.name(), fromChunk, toChunk);
    var made = new WaitingReader[1];
    errands.tell((state, now) -> made[0] = state.demand(layer.state(), fromChunk, toChunk, now));
    CompletableFuture<Void> answer = made[0].demand().answer();
    var _ = answer.whenComplete((_, _) -> withdrawIfCancelled(made[0]));
    return answer;
  }

  private void withdrawIfCancelled(WaitingReader reader) {
    if (reader.demand().answer().isCancelled()) {
      Errands.notify(() -> errands.tell((state, now) -> state.withdraw(reader, now)));
    }
  }

  @Override
  public CompletableFuture<Void> prefetch(long blobFrom, long blobTo) {
    return prefetch(LowWork.inBlob(layer.view(), blobFrom, blobTo), /* isRange= */ true);
  }

  @Override
  public CompletableFuture<Void> prefetch(List<ChunkRun> runs) {
    ChunkRun.check(runs, layer.view().chunkCount());
    return prefetch(LowWork.listed(layer.view(), runs), /* isRange= */ false);
  }

  private CompletableFuture<Void> prefetch(LowWork work, boolean isRange) {
    errands.tell((state, now) -> state.prefetch(layer.state(), work, isRange, now));
    return work.done();
  }

  @Override
  public CompletableFuture<Void> whenPresent(int fromChunk, int toChunk) {
    Objects.checkFromToIndex(fromChunk, toChunk, layer.view().chunkCount());
    var watch = new LayerState.Watch(fromChunk, toChunk, new CompletableFuture<>());
    errands.tell((state, _) -> state.watch(layer.state(), watch));
    return watch.seen();
  }

  @Override
  public void arrived(int chunk) {
    Objects.checkIndex(chunk, layer.view().chunkCount());
    errands.tell((state, now) -> state.arrivedElsewhere(layer.state(), chunk, now));
  }

  @Override
  public void background() {
    errands.tell((state, now) -> state.background(layer.state(), now));
  }

  @Override
  public Optional<Priority> working() {
    return state.ask(
        _ ->
            layer.state().flights().all().stream()
                .map(Flight::priority)
                .min(Comparator.naturalOrder()));
  }

  @Override
  public boolean waiting() {
    return state.ask(_ -> SchedulerState.isWaiting(layer.state()));
  }

  @Override
  public CompletableFuture<Void> completed() {
    return layer.completed();
  }

  @Override
  public void close() {
    errands.tell((state, now) -> state.detach(layer.state(), now));
    Errands.notify(() -> layer.completed().cancel(false));
    state.awaitEnd(layer.state(), CLOSE_NANOS);
  }
}
