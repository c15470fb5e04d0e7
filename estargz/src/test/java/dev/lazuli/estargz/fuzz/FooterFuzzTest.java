package dev.lazuli.estargz.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.footer.Footer;
import java.io.IOException;

class FooterFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void footer(byte[] tail) throws IOException {
    FuzzCosts.assertCheap(() -> find(tail));
  }

  private static void find(byte[] tail) {
    try {
      var blobSize = 1000L + tail.length;
      Footer.find("fuzz", tail, blobSize, Limits.DEFAULT)
          .ifPresent(
              footer -> {
                if (footer.tocEnd() > blobSize || footer.tocOffset() > footer.tocEnd()) {
                  throw new AssertionError(footer);
                }
              });
    } catch (LayerFormatException e) {
      // What a broken footer is to give.
    }
  }
}
