package dev.lazuli.snapshotter.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.ImageStatus;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.NodeUse;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.snapshotter.status.Trouble;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatusTableTest {
  private static final Instant START = Instant.ofEpochSecond(1_700_000_000);

  private static final LayerStatus PYTHON =
      new LayerStatus(
          "sha256:" + "ab".repeat(32),
          "estargz",
          MountKind.EROFS_LAZY,
          10 << 20,
          40 << 20,
          20 << 20,
          11 << 20,
          FetchState.BACKGROUND,
          3 << 20,
          2,
          false,
          1,
          Optional.of("read of chunk 3: status 500"),
          Optional.of(START.plusSeconds(120)),
          List.of("registry.test/python:3", "registry.test/a:1"),
          List.of("chain"),
          4);
  private static final LayerStatus BASE =
      new LayerStatus(
          "sha256:" + "01".repeat(32),
          "zstd-chunked",
          MountKind.EROFS_LOCAL,
          7,
          7,
          5,
          4096,
          FetchState.COMPLETE,
          0,
          11,
          true,
          0,
          Optional.empty(),
          Optional.empty(),
          List.of("registry.test/python:3"),
          List.of(),
          5);

  private static NodeStatus node(Optional<String> why, List<Trouble> troubles, LayerStatus... of) {
    var layers = List.of(of);
    return new NodeStatus(
        "1.2",
        42,
        START,
        "/var/lib/lazuli",
        why,
        List.of(),
        5 << 20,
        1L << 30,
        new NodeUse(100 << 20, 120 << 20, 30, 99, 1024, 7L << 30, 12, 3L << 20),
        ImageStatus.of(layers),
        layers,
        troubles);
  }

  private static String table(NodeStatus status) {
    return StatusTable.of(status, START.plusSeconds(125));
  }

  @Test
  void nodeWithoutLayers_isTwoLines() {
    assertThat(table(node(Optional.empty(), List.of())))
        .isEqualTo(
            """
            lazuli 1.2, process 42, up 2 min, root /var/lib/lazuli
            0 images, 0 layers, 0 complete, 0 B of 0 B present, -, 5.00 MiB on disk of at most 1.00 GiB
            memory 100 MiB (peak 120 MiB), 30 threads, 99 of 1024 files open, 7.00 GiB of disk free, 12 indexes kept (3.00 MiB)
            """);
  }

  @Test
  void imagesAndLayers_areAlignedAndErrorsFollow() {
    assertThat(table(node(Optional.empty(), List.of(), PYTHON, BASE)))
        .endsWith(
            """

            IMAGE                   COMPLETE  PRESENT   OF             RATE        DISK      CONTAINERS  PINNED  ERRORS
            registry.test/a:1       0/1       10.0 MiB  40.0 MiB  25%  3.00 MiB/s  11.0 MiB  4           -       1
            registry.test/python:3  1/2       10.0 MiB  40.0 MiB  25%  3.00 MiB/s  11.0 MiB  5           partly  1

            LAYER                FORMAT        MOUNT        PRESENT   OF              FETCH       RATE        USERS  CONTAINERS  PINNED  PROOF    ERRORS  IMAGES
            sha256:abababababab  estargz       erofs-lazy   10.0 MiB  40.0 MiB  25%   background  3.00 MiB/s  2      4           -       skipped  1       registry.test/python:3 registry.test/a:1
            sha256:010101010101  zstd-chunked  erofs-local  7 B       7 B       100%  complete    -           11     5           yes     skipped  0       registry.test/python:3

            sha256:abababababab: 5 s ago: read of chunk 3: status 500
            """);
  }

  @Test
  void whatIsNotMountedLazily_isSaidWithItsReason() {
    var restore =
        new Trouble(
            Trouble.Kind.RESTORE,
            "sha256:" + "ab".repeat(32),
            "registry.test/python:3",
            "chain",
            "disk is away",
            START.plusSeconds(5),
            7);
    var pull = new Trouble(Trouble.Kind.MOUNT, "", "", "sha256:1", "no labels", START, 1);

    assertThat(table(node(Optional.of("no /dev/fuse"), List.of(restore, pull))))
        .contains("NOTHING IS MOUNTED LAZILY: no /dev/fuse\n")
        .endsWith(
            """

            not mounted lazily:
            sha256:abababababab of registry.test/python:3: restore 2 min ago, 7 times: disk is away
            sha256:1: mount 2 min ago: no labels
            """);
  }

  @Test
  void whatLied_isSaidApartFromWhatIsNotMounted() {
    var lie =
        new Trouble(
            Trouble.Kind.LIE,
            "sha256:" + "01".repeat(32),
            "registry.test/evil:1",
            "lied/3/sha256:2",
            "its tar is another",
            START,
            1);
    var lying = BASE.withProof(ProofState.LIED, Optional.of("its tar is another"));

    assertThat(table(node(Optional.empty(), List.of(lie), lying)))
        .contains("  lied   0 ")
        .endsWith(
            """

            sha256:010101010101: lied: its tar is another

            NOT WHAT THEIR IMAGES SAY:
            sha256:010101010101 of registry.test/evil:1: lie 2 min ago: its tar is another
            """);
  }

  @ParameterizedTest
  @CsvSource({"0,0,100%", "0,1,0%", "999,1000,99%", "4999999999999999,5000000000000000,99%"})
  void percent_isHundredOnlyWhenNothingIsMissing(long present, long size, String text) {
    assertThat(StatusTable.percent(present, size)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "1023,1023 B",
    "1024,1.00 KiB",
    "10240,10.0 KiB",
    "1047552,1.00 MiB",
    "51066000,48.7 MiB",
    "1099511627776,1.00 TiB",
    "9223372036854775807,8388608 TiB"
  })
  void size_hasThreeDigits(long bytes, String text) {
    assertThat(StatusTable.size(bytes)).isEqualTo(text);
  }

  @Test
  void namesFromImages_doNotActOnTheTerminal() {
    var trouble =
        new Trouble(
            Trouble.Kind.MOUNT, "", "a\033[2Jb", "sha256:1", "x\nlazuli: all is well", START, 1);

    var text = StatusTable.of(node(Optional.empty(), List.of(trouble)), START);

    assertThat(text).contains("a\\u001b[2Jb", "x\\u000alazuli").doesNotContain("\033");
  }

  @Test
  void warnings_standAtTheTop() {
    var node = node(Optional.empty(), List.of());
    var warned =
        new NodeStatus(
            node.version(),
            node.pid(),
            node.startedAt(),
            node.root(),
            node.noLazyMounts(),
            List.of("the kernel is old"),
            node.diskBytes(),
            node.quotaBytes(),
            node.use(),
            node.images(),
            node.layers(),
            node.troubles());

    assertThat(StatusTable.of(warned, START)).endsWith("warning: the kernel is old\n");
  }
}
