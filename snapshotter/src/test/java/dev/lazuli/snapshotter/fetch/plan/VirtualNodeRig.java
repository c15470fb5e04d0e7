package dev.lazuli.snapshotter.fetch.plan;

import java.time.Duration;
import java.util.List;

/** A scheduler in virtual time, with layers and streams that tests decide on. */
abstract class VirtualNodeRig {
  static final long START = Long.MAX_VALUE - 1_000_000_000L;

  VirtualNode node = new VirtualNode(VirtualNode.OPTIONS, START);

  /** Streams that the scheduler has ended. */
  int cut;

  LayerState layer(String name, String origin) {
    return node.attach(new FakeChunks(name, 40, 1), origin);
  }

  static FakeChunks chunks(LayerState layer) {
    return (FakeChunks) layer.chunks();
  }

  List<VirtualNode.Stream> streamsOf(LayerState layer) {
    return node.streams.stream().filter(stream -> stream.layer.equals(layer)).toList();
  }

  /** Ends what was told to end, as the threads of the streams would. */
  void killedStreamsEnd() {
    for (VirtualNode.Stream stream : List.copyOf(node.streams)) {
      if (stream.killed) {
        cut++;
        stream.end(null, false);
      }
    }
  }

  void pass(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 20) {
      node.pass(Duration.ofMillis(20));
      killedStreamsEnd();
    }
  }
}
