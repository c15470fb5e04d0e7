package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.start.FetchPace;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.StartLayer;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.start.TinyElf;
import dev.lazuli.testimages.waiting.Eventually;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Head starts that are led on by what readers miss, over real layers. */
@Timeout(120)
final class FollowedStartsTest extends HeadStartRig {
  private static final String PYTHON = "usr/lib/python3.12/";

  private final FollowedStarts followed = new FollowedStarts();

  /** What happens while a head start is followed. */
  private interface Scene {
    void play(HeadStart head) throws Exception;
  }

  private void follow(List<String> command, Scene scene) throws Exception {
    var fromTop = new ArrayList<StartLayer>();
    try {
      openFromTop(fromTop);
      try (var head =
              HeadStart.of(
                  start("", command), fromTop, StartLimits.DEFAULT, new FetchPace(), steps);
          var _ = followed.follow(head, fromTop)) {
        var _ = head.walk();
        scene.play(head);
      }
    } finally {
      fromTop.forEach(StartLayer::close);
    }
  }

  private void miss(String path) throws Exception {
    followed.missed(layers.getFirst().data().slot(), place(0, path));
  }

  private void awaitHere(String... paths) {
    for (String path : paths) {
      Eventually.asserted(() -> assertThat(isHere(0, path)).as(path).isTrue());
    }
  }

  private ImageTree python() {
    var tree = new ImageTree();
    for (String directory :
        List.of(
            "usr", "usr/bin", "usr/lib", "usr/lib/python3.12", PYTHON + "json", PYTHON + "re")) {
      tree.directory(directory);
    }
    far(tree, "usr").file("usr/bin/python3.12", content(new TinyElf()));
    far(tree, "usr").file(PYTHON + "json/__init__.py", "from .decoder import Decoder\n");
    far(tree, "usr").file(PYTHON + "json/decoder.py", "import re\n");
    far(tree, "usr").file(PYTHON + "json/tool.py", "import other\n");
    far(tree, "usr").file(PYTHON + "re/__init__.py", "import _re\n");
    far(tree, "usr").file(PYTHON + "_re.so", content(new TinyElf().needs("libre.so")));
    far(tree, "usr").file("usr/lib/libre.so", content(new TinyElf()));
    far(tree, "usr").file(PYTHON + "other.py", "x = 1\n");
    return far(tree, "usr");
  }

  @Test
  void moduleThatIsRead_bringsWhatItImports_inTurn() throws Exception {
    layer(python());
    follow(
        List.of("python3.12"),
        _ -> {
          assertThat(isHere(0, PYTHON + "json/decoder.py")).as("nobody named it").isFalse();

          miss(PYTHON + "json/__init__.py");

          awaitHere(
              PYTHON + "json/decoder.py",
              PYTHON + "re/__init__.py",
              PYTHON + "_re.so",
              "usr/lib/libre.so");
          assertThat(isHere(0, PYTHON + "json/tool.py")).as("beside it").isFalse();
          assertThat(isHere(0, PYTHON + "other.py")).isFalse();
        });
  }

  @Test
  void programThatIsStarted_bringsItsLibraries() throws Exception {
    var tree = new ImageTree().directory("lib64").directory("usr").directory("usr/lib");
    far(tree, "lib64").file("lib64/loader.so", content(new TinyElf()));
    far(tree, "usr").file("usr/lib/libfirst.so", content(new TinyElf().needs("libsecond.so")));
    far(tree, "usr").file("usr/lib/libsecond.so", content(new TinyElf()));
    far(tree, "usr").file("usr/lib/libunused.so", content(new TinyElf()));
    var program = new TinyElf().interpreter("/lib64/loader.so").needs("libfirst.so");
    far(tree, "usr").file("usr/program", content(program));
    far(tree, "usr").file("usr/data", FileContent.of("libunused.so"));
    layer(far(tree, "usr"));
    follow(
        List.of("/none"),
        _ -> {
          miss("usr/data");
          miss("usr/program");

          awaitHere(
              "usr/program", "usr/lib/libfirst.so", "usr/lib/libsecond.so", "lib64/loader.so");
          assertThat(isHere(0, "usr/lib/libunused.so")).isFalse();
        });
  }

  @Test
  void layerThatIsGivenUp_endsTheFollowing() throws Exception {
    layer(python());
    follow(
        List.of("python3.12"),
        head -> {
          followed.ended(layers.getFirst().data().slot());
          head.followReaders();

          miss(PYTHON + "json/__init__.py");
          steps.submit(() -> {}).get();
          assertThat(isHere(0, PYTHON + "json/decoder.py")).isFalse();
        });
  }
}
