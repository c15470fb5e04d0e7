package dev.lazuli.estargz.read;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.ChildJvm;
import dev.lazuli.estargz.bench.TocMemoryProbe;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the module says about its memory, held to in JVMs that have no more. */
class ConstantMemoryTest {
  @Test
  void aChunkOfOneGibibyte_decodesInAHeapOf16MiB() throws IOException, InterruptedException {
    var lines = ChildJvm.run(GiantChunk.class, "-Xmx16m", "-XX:MaxDirectMemorySize=1m");

    assertThat(lines).last().asString().startsWith("decoded 1073741824 bytes");
  }

  @Test
  void aTocOfAMillionEntries_parsesInAHeapOf64MiB() throws IOException, InterruptedException {
    var lines = ChildJvm.run(MillionEntries.class, "-Xmx64m", "-XX:MaxDirectMemorySize=2m");

    assertThat(lines).last().asString().startsWith("1020002 inodes, 900000 chunks");
  }

  @Test
  void tarsWithAllTheirPaxHeadersFull_areIndexedAtTheSameTimeInAHeapOf64MiB() throws Exception {
    var lines = ChildJvm.run(PaxFlood.class, "-Xmx64m");

    assertThat(lines).last().asString().isEqualTo("40 inodes in all");
  }

  @Test
  void tocsThatWantMuchMemory_haveTheirBudgetTogether_andAreRefused() throws Exception {
    var kinds = List.of("64", "xattrs", "names", "xattrs", "names");

    var lines = ChildJvm.run(TocMemoryProbe.class, kinds, "-Xmx64m");

    assertThat(lines.subList(0, 4)).allMatch(line -> line.contains("memory of its index is"));
    var peak = Integer.parseInt(lines.getLast().replaceAll("[^0-9]", ""));
    assertThat(peak).as("%s", lines).isLessThan(64 + 64 + 160);
  }
}
