package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.NodeStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatusTableTest {
  private static final Instant START = Instant.ofEpochSecond(1_700_000_000);

  private static String table(LayerStatus... layers) {
    var status =
        new NodeStatus("1.2", 42, START, "/var/lib/lazuli", 5 << 20, 1L << 30, List.of(layers));
    return StatusTable.of(status, START.plusSeconds(125));
  }

  @Test
  void nodeWithoutLayers_isTwoLines() {
    assertThat(table())
        .isEqualTo(
            """
            lazuli 1.2, process 42, up 2 min, root /var/lib/lazuli
            0 layers, 5.00 MiB on disk of at most 1.00 GiB
            """);
  }

  @Test
  void layers_areAlignedAndTheirErrorsFollow() {
    var python =
        new LayerStatus(
            "sha256:" + "ab".repeat(32),
            "estargz",
            MountKind.EROFS_LAZY,
            10 << 20,
            40 << 20,
            3 << 20,
            2,
            false,
            1,
            Optional.of("read of chunk 3: status 500"),
            List.of("registry.test/python:3", "registry.test/a:1"));
    var base =
        new LayerStatus(
            "sha256:" + "01".repeat(32),
            "zstd:chunked",
            MountKind.EROFS_LOCAL,
            7,
            7,
            0,
            11,
            true,
            0,
            Optional.empty(),
            List.of());

    assertThat(table(python, base))
        .endsWith(
            """

            LAYER                FORMAT        MOUNT        PRESENT   OF              RATE        USERS  ERRORS  IMAGES
            sha256:abababababab  estargz       erofs-lazy   10.0 MiB  40.0 MiB  25%   3.00 MiB/s  2      1       registry.test/python:3 registry.test/a:1
            sha256:010101010101  zstd:chunked  erofs-local  7 B       7 B       100%  -           11     0

            sha256:abababababab: read of chunk 3: status 500
            """);
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
}
