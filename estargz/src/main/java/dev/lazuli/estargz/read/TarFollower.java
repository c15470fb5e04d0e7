package dev.lazuli.estargz.read;

import dev.lazuli.estargz.tar.TarInput;
import java.io.IOException;

/** Reads the tar of a blob while a pass goes over it. Called by the pass's thread. */
public interface TarFollower {
  /** Follows nothing. */
  TarFollower NONE =
      new TarFollower() {
        @Override
        public void follow(TarInput tar) {}

        @Override
        public void found(int chunk, long tarOffset) {}
      };

  /**
   * Reads the tar, as far as it likes. The follower remembers what is wrong with the tar: it does
   * not end the pass. A blob that cannot be decompressed is a tar that ends early.
   *
   * @throws IOException if the blob cannot be read; ends the pass
   */
  void follow(TarInput tar) throws IOException;

  /** Says that a chunk begins {@code tarOffset} bytes behind the tar's first. */
  void found(int chunk, long tarOffset);
}
