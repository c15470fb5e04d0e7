package dev.lazuli.registry;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;

/** A blob in a registry, with what a registry can do beyond single ranges. Safe for any thread. */
public interface RegistryBlob extends BlobSource {
  /**
   * Says that a stream of this blob delivered wrong bytes. The host that gave them is not asked for
   * this blob any more while others can be, and where it points to is asked for again.
   */
  void distrust(BlobStream stream);

  /**
   * Asks for a byte in the middle of the blob, which must have two at least.
   *
   * @return whether it was sent alone; otherwise the whole blob is sent for each range
   * @throws IOException if nothing of the blob can be had
   */
  @Override
  boolean acceptsRanges() throws IOException;
}
