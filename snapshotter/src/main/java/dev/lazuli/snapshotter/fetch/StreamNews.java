package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.TokenBucket;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What streams tell, as events of the scheduler's state.
 *
 * @param backgroundBytes what background streams pay with
 * @param links keeps what a layer's source has shown
 */
record StreamNews(
    GuardedState state,
    Errands errands,
    TokenBucket backgroundBytes,
    LongSupplier clock,
    RegistryLinks links)
    implements StreamEvents {
  @Override
  public boolean mayBring(AttachedLayer layer, Flight flight, int chunk) {
    return state.ask(state -> state.mayBring(layer.state(), flight, chunk));
  }

  @Override
  public void passed(Flight flight, int chunk) {
    state.ask(
        state -> {
          state.passed(flight, chunk);
          return true;
        });
  }

  @Override
  public void committed(AttachedLayer layer, Flight flight, int chunk) {
    errands.tell(
        (state, now) -> {
          state.passed(flight, chunk + 1);
          state.arrived(layer.state(), chunk, now);
        });
  }

  @Override
  public void found(AttachedLayer layer, int chunk) {
    errands.tell((state, now) -> state.arrived(layer.state(), chunk, now));
  }

  @Override
  public void receiving(Flight flight) {
    errands.tell((state, _) -> state.receiving(flight));
  }

  @Override
  public void letGo(AttachedLayer layer, Flight flight, int chunk) {
    errands.tell((state, now) -> state.letGo(layer.state(), flight, chunk, now));
  }

  @Override
  public void learnt(AttachedLayer layer) {
    links.learnt(layer.source().origin(), layer.link());
  }

  @Override
  public long backgroundPause(int bytes) {
    return backgroundBytes.take(bytes, clock.getAsLong());
  }

  @Override
  public void unexpected(String thread, Throwable error) {
    errands.unexpected(thread, error);
  }

  @Override
  public void ended(
      AttachedLayer layer, Flight flight, @Nullable Throwable failure, boolean wrongBytes) {
    errands.ended(flight);
    errands.tell((state, now) -> state.ended(layer.state(), flight, failure, wrongBytes, now));
  }
}
