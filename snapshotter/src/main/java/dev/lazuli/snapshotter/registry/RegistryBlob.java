package dev.lazuli.snapshotter.registry;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.util.List;

/** A blob in a registry, with what a registry can do beyond single ranges. Safe for any thread. */
public interface RegistryBlob extends BlobSource {
  /**
   * Returns how many ranges are worth asking for in one request: 1 where the host is known to send
   * one range at a time. What is not known yet counts as able.
   */
  int rangesPerRequest();

  /**
   * Opens several ranges with one request where the host does that, else one after the other. The
   * caller sees no difference but the time it takes.
   *
   * @param ranges ascending, without overlap, 1 to {@link #rangesPerRequest} of them
   * @throws IOException if no host gives them
   */
  BlobRanges openAll(List<ByteRange> ranges) throws IOException;

  /**
   * Says that a stream of this blob delivered wrong bytes. The host that gave them is not asked for
   * this blob any more while others can be, and where it points to is asked for anew.
   */
  void distrust(BlobStream stream);
}
