package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.start.TinyElf;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Head starts over real layers: what is present afterwards was fetched by nobody else. */
@Timeout(120)
final class HeadStartTest extends HeadStartRig {
  private ImageTree libraries() {
    var tree = new ImageTree().directory("etc").file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
    tree.directory("lib64");
    far(tree, "lib64").file("lib64/loader.so", content(new TinyElf()));
    tree.directory("usr").directory("usr/lib").directory("usr/lib/deep");
    far(tree, "usr/lib")
        .file(
            "usr/lib/libfirst.so.1",
            content(new TinyElf().needs("libsecond.so.1").runPath("/none:$ORIGIN/deep")));
    far(tree, "usr/lib/deep").file("usr/lib/deep/libsecond.so.1", content(new TinyElf()));
    far(tree, "usr/lib").file("usr/lib/libunused.so.1", content(new TinyElf()));
    return far(tree, "usr/lib");
  }

  private static TinyElf program() {
    return new TinyElf().interpreter("/lib64/loader.so").needs("libfirst.so.1");
  }

  @Test
  void program_itsLoader_andAllItsLibraries_areFetched() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("opt").directory("srv").directory("usr");
    far(top.directory("usr/bin"), "opt").file("opt/app", content(program()));
    far(top, "opt").file("opt/data", FileContent.of("input"));
    layer(far(top, "opt").symlink("usr/bin/app", "../../opt/app"));

    run(List.of("app"), "--fast", "../opt/data");

    assertThat(isHere(1, "opt/app")).isTrue();
    assertThat(isHere(1, "opt/data")).isTrue();
    assertThat(isHere(0, "lib64/loader.so")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isTrue();
    assertThat(isHere(0, "usr/lib/deep/libsecond.so.1")).isTrue();
    assertThat(isHere(0, "etc/passwd")).isTrue();
    assertThat(isHere(0, "usr/lib/libunused.so.1")).isFalse();
    assertThat(isHere(0, "usr/lib/filler" + (fillers - 5))).isFalse();
  }

  @Test
  void upperLayers_hideLowerOnes() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/lib").directory("usr/bin");
    top.whiteout("usr/lib/deep").file("usr/lib/libfirst.so.1", content(new TinyElf()));
    layer(far(top, "usr").file("usr/bin/app", content(program())));

    run(List.of("/usr/bin/app"));

    assertThat(isHere(1, "usr/bin/app")).isTrue();
    assertThat(isHere(1, "usr/lib/libfirst.so.1")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isFalse();
    assertThat(isHere(0, "usr/lib/deep/libsecond.so.1")).isFalse();
  }

  @Test
  void opaqueDirectory_hidesWhatIsBelow() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/lib").opaque("usr/lib");
    top.directory("usr/bin");
    layer(far(top, "usr").file("usr/bin/app", content(program())));

    run(List.of("app"));

    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isFalse();
    assertThat(isHere(0, "lib64/loader.so")).isTrue();
  }

  @Test
  void script_leadsToItsInterpreter() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/bin").directory("srv");
    far(top, "usr").file("usr/bin/env", content(new TinyElf()));
    far(top, "usr").file("usr/bin/shell", content(program()));
    far(top, "usr").file("usr/bin/served", content(new TinyElf()));
    layer(far(top, "srv").file("srv/start.sh", "#!/usr/bin/env shell\nexec \"$@\"\n"));

    run(List.of("./start.sh"), "served");

    assertThat(isHere(1, "srv/start.sh")).isTrue();
    assertThat(isHere(1, "usr/bin/env")).isTrue();
    assertThat(isHere(1, "usr/bin/shell")).isTrue();
    assertThat(isHere(1, "usr/bin/served")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isTrue();
  }

  @Test
  void budget_isNotExceeded_butWhatFitsIsFetched() throws Exception {
    var tree = new ImageTree().directory("etc").directory("usr").directory("usr/bin");
    tree.file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
    far(tree, "usr").file("usr/bin/app", FileContent.generated(2_000_000, 1));
    layer(far(tree, "usr"));

    int files = run(StartLimits.DEFAULT.withBlobBytes(100_000), List.of("app")).files();

    assertThat(isHere(0, "usr/bin/app")).isFalse();
    assertThat(isHere(0, "etc/passwd")).isTrue();
    assertThat(files).isEqualTo(2);
  }

  @Test
  void headersThatLie_leadNowhere() throws Exception {
    for (long lie : new long[] {1, 200, 1L << 40, Long.MAX_VALUE / 2, -1_000}) {
      layers.clear();
      var tree = libraries().directory("usr/bin").directory("usr/bin/lie" + Math.abs(lie));
      tree.file("usr/bin/app", content(program().lyingBy(lie)));
      layer(tree);

      run(List.of("app"));

      assertThat(isHere(0, "usr/bin/app")).isTrue();
      assertThat(isHere(0, "etc/passwd")).isTrue();
      close(layers.getFirst());
    }
    layers.clear();
  }

  @Test
  void linksInACircle_leadNowhere() throws Exception {
    var tree = new ImageTree().directory("usr").directory("usr/bin");
    layer(tree.symlink("usr/bin/app", "/usr/bin/again").symlink("usr/bin/again", "app"));

    assertThat(run(List.of("app"), "..", "/", "", "/usr/bin").files()).isZero();
  }

  @Test
  void imageWithoutAnything_isNoError() throws Exception {
    layer(new ImageTree().file("a", "a"));

    assertThat(run(List.of()).files()).isZero();
    assertThat(run(List.of("", "x"), "").files()).isZero();
    assertThat(layers.getFirst().data().presentCount()).isZero();
  }

  @Test
  void thousandRunPaths_thatGrowByTheirOrigin_takeLittleHeap() throws Exception {
    var elf = new TinyElf().interpreter("/lib64/loader.so").needs("libfirst.so.1");
    for (int i = 0; i < 1_021; i++) {
      elf.runPath("/$ORIGIN".repeat(127));
    }
    var tree = libraries().directory("deep");
    var directory = new StringBuilder("deep");
    for (int depth = 0; depth < 9; depth++) {
      directory.append('/').append("d".repeat(220));
      tree.directory(directory.toString());
    }
    layer(tree.file(directory + "/app", content(elf)));
    long before = allocatedBytes();

    var walked = run(List.of("/" + directory + "/app"));

    assertThat(allocatedBytes() - before).isLessThan(8 << 20);
    assertThat(walked.lookUps()).isLessThan(2_000);
    assertThat(isHere(0, "lib64/loader.so")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isTrue();
  }

  @Test
  void librariesTimesDirectories_areLookedUpNoMoreThanTheLimit() throws Exception {
    var names = IntStream.range(0, 255).mapToObj(i -> "lib" + i + ".so").toArray(String[]::new);
    var tree = libraries().directory("d").directory("usr/bin");
    for (int i = 0; i < 200; i++) {
      tree.file("usr/bin/app" + i, content(new TinyElf().needs(names).runPath("/d:/d:/d:/d")));
    }
    layer(tree);
    var words = IntStream.range(1, 200).mapToObj(i -> "/usr/bin/app" + i).toArray(String[]::new);
    long before = allocatedBytes();

    var walked = run(StartLimits.DEFAULT, "/d:".repeat(20_000), List.of("/usr/bin/app0"), words);

    assertThat(walked.lookUps()).isLessThanOrEqualTo(StartLimits.DEFAULT.lookUps());
    assertThat(allocatedBytes() - before).isLessThan(600L << 20);
    assertThat(isHere(0, "usr/bin/app0")).isTrue();
  }

  @Test
  void lookUps_thatAreUsedUp_endTheWalk() throws Exception {
    layer(libraries().directory("usr/bin").file("usr/bin/app", content(program())));
    var few = StartLimits.DEFAULT;

    var whole = run(few, List.of("app"));

    assertThat(whole.lookUps()).isBetween(40L, 400L);
    assertThat(run(withLookUps(10), List.of("app")).lookUps()).isEqualTo(10);
    assertThat(run(withLookUps(0), List.of("app"))).isEqualTo(new HeadStart.Walked(0, 0));
  }

  private static StartLimits withLookUps(long lookUps) {
    var d = StartLimits.DEFAULT;
    return new StartLimits(
        d.blobBytes(),
        d.time(),
        d.layers(),
        d.files(),
        lookUps,
        d.textBytes(),
        d.pathBytes(),
        d.words(),
        d.directories(),
        d.searchedBytes(),
        d.needed(),
        d.libraries(),
        d.wholeBytes(),
        d.scriptBytes(),
        d.imports(),
        d.modules());
  }
}
