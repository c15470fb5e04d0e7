package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.snapshotter.fetch.plan.FakeChunks;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import dev.lazuli.snapshotter.fetch.plan.TokenBucket;
import dev.lazuli.snapshotter.fetch.plan.WaitingReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

final class ErrandsTest {
  private static final FetchOptions OPTIONS = FetchOptions.DEFAULT;

  private final Gate gate = new Gate(() -> false);
  private final Timekeeper unstarted = new Timekeeper(() -> Timekeeper.Pace.IDLE);
  private final GuardedState state = new GuardedState(OPTIONS, () -> 0, gate, unstarted);

  @Test
  void eventThatFails_stillHasItsEffects() {
    var link = new LinkEstimate(1, 2);
    var layer = new LayerState(new FakeChunks("a", 10, 1), "x", link, () -> 1, false, 2);
    var waiting = new ArrayList<WaitingReader>();
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      var errands = errands(decoder);
      errands.tell((state, now) -> state.detach(layer, now));

      assertThatThrownBy(
              () ->
                  errands.tell(
                      (state, now) -> {
                        waiting.add(state.demand(layer, 0, 1, now)); // Is to fail: none is served.
                        throw new IllegalStateException("a defect");
                      }))
          .hasMessage("a defect");

      assertThat(waiting.getFirst().demand().answer())
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(FetchFailedException.class);
    }
  }

  private Errands errands(ChunkDecoder decoder) {
    var bucket = new TokenBucket(1, 1, 0);
    var links = new RegistryLinks(new LinkEstimate(1, 2));
    return new Errands(
        state,
        FetchListener.NONE,
        gate,
        decoder,
        () -> 0,
        toldTo -> new StreamNews(state, toldTo, bucket, () -> 0, links));
  }
}
