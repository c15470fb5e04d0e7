package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.NodeUse;
import dev.lazuli.snapshotter.status.Trouble;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StatusCheckTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
  private static final String DIGEST = "sha256:" + "ab".repeat(32);

  private static LayerStatus failed(String image, Duration ago) {
    return new LayerStatus(
        DIGEST,
        "estargz",
        MountKind.EROFS_LAZY,
        10,
        40,
        20,
        8192,
        FetchState.WAITING,
        0,
        1,
        false,
        3,
        Optional.of("status 401 from " + image),
        Optional.of(NOW.minus(ago)),
        List.of(image),
        List.of(),
        1);
  }

  private static Trouble trouble(Trouble.Kind kind) {
    return new Trouble(kind, DIGEST, "r.example/a:1", "chain", "the reason", NOW, 1);
  }

  private static List<Diagnosis> examine(List<LayerStatus> layers, List<Trouble> troubles) {
    var status =
        new NodeStatus(
            "1.2",
            42,
            NOW,
            "/var/lib/lazuli",
            Optional.empty(),
            List.of(),
            0,
            0,
            new NodeUse(1, 2, 3, 4, 5, 6, 7, 8),
            List.of(),
            layers,
            troubles);
    var examination = new Examination();
    new StatusCheck(status, NOW).run(examination, "1.2");
    return examination.diagnoses();
  }

  @Test
  void layersThatFailedLately_areAProblemOfEachRegistry() {
    var found =
        examine(
            List.of(
                failed("a.example/x:1", Duration.ofMinutes(9)),
                failed("a.example/y:1", Duration.ofMinutes(2)),
                failed("b.example/z:1", Duration.ofMinutes(1)),
                failed("c.example/z:1", Duration.ofMinutes(11))),
            List.of());

    assertThat(found).extracting(Diagnosis::health).containsOnly(Health.PROBLEM);
    assertThat(found)
        .satisfiesExactly(
            a ->
                assertThat(a.found())
                    .startsWith("2 layers from a.example could not be read")
                    .endsWith("a.example/y:1: status 401 from a.example/y:1"),
            b -> assertThat(b.remedy()).contains("lazuli doctor b.example/z:1"));
  }

  @ParameterizedTest
  @EnumSource(value = Trouble.Kind.class, names = "POLICY", mode = EnumSource.Mode.EXCLUDE)
  void falseLayers_areProblems_othersAreNotes(Trouble.Kind kind) {
    var found = examine(List.of(), List.of(trouble(kind)));

    boolean isFalse = kind == Trouble.Kind.LIE || kind == Trouble.Kind.CONFLICT;
    assertThat(found)
        .singleElement()
        .satisfies(one -> assertThat(one.found()).contains("r.example/a:1", "the reason"))
        .extracting(Diagnosis::health)
        .isEqualTo(isFalse ? Health.PROBLEM : Health.NOTE);
  }
}
