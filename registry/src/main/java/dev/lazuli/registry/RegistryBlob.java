package dev.lazuli.registry;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;

/** A blob in a registry, with what a registry can do beyond single ranges. Safe for any thread. */
public interface RegistryBlob extends BlobSource {
  /**
   * Says that a stream of this blob delivered wrong bytes. The host that gave them is not asked for
   * this blob any more while others can be, and where it points to is asked for again.
   */
  void distrust(BlobStream stream);
}
