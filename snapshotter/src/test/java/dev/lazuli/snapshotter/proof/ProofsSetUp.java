package dev.lazuli.snapshotter.proof;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.snapshotter.fetch.TestSource;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Makes rigs of proofs and closes them. */
abstract class ProofsSetUp {
  @TempDir Path root;

  ProofRig rig() throws IOException {
    return new ProofRig(root, LayerFormat.ESTARGZ, 16_384, 0, 0);
  }

  static void wrong(TestSource source) {
    source.blob[source.blob.length / 2] ^= 4;
  }
}
