package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/**
 * One of the mounters of a choice that is yet to be made.
 *
 * @param which takes it from the choice
 * @param former finds what an earlier daemon has mounted
 */
record LateMounter(LateChoice choice, Function<Mounters, LayerMounter> which, LayerMounter former)
    implements LayerMounter {
  @Override
  public MountKind kind() {
    var chosen = choice.ifChosen();
    return chosen == null ? MountKind.NONE : which.apply(chosen).kind();
  }

  @Override
  public MountedTree mount(LayerData layer) throws IOException {
    return which.apply(choice.get()).mount(layer);
  }

  @Override
  public Optional<MountedTree> existing(LayerData layer) throws IOException {
    var chosen = choice.ifChosen();
    return chosen == null ? former.existing(layer) : which.apply(chosen).existing(layer);
  }
}
