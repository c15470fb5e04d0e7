package dev.lazuli.estargz.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.EstargzBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Any layer: built, or an IOException. */
class TarFuzzTest {
  private static final EstargzBuilder BUILDER =
      new EstargzBuilder(BuildOptions.ESTARGZ.withLevel(1).withThreads(1));

  @FuzzTest(maxDuration = "120s")
  void tar(byte[] layer) {
    try {
      BUILDER.build(new ByteArrayInputStream(layer), OutputStream.nullOutputStream());
    } catch (IOException e) {
      // What a broken tar is to give.
    }
  }
}
