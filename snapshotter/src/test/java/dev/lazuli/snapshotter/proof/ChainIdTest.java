package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ChainIdTest {
  private static final String LOW = "sha256:" + "a1".repeat(32);
  private static final String HIGH = "sha256:" + "b2".repeat(32);

  /** By sha256sum(1). */
  private static final String BOTH =
      "sha256:d30ab3b6f9b401ea17a3d11f0f7cfb1c0684f96e612ce65208a90ec5b0140363";

  @Test
  void theLowestLayers_isItsDiffId_andThoseAboveFollow() {
    assertThat(ChainId.of("", LOW)).isEqualTo(LOW);
    assertThat(ChainId.of(LOW, HIGH)).isEqualTo(BOTH);
  }

  @Test
  void aSnapshotsName_endsInIt_orHasNone() {
    assertThat(ChainId.inName(LOW)).contains(LOW);
    assertThat(ChainId.inName("k8s.io/12/" + LOW)).contains(LOW);
    assertThat(ChainId.inName("k8s.io/12/container")).isEmpty();
    assertThat(ChainId.inName("")).isEmpty();
  }

  @Test
  void aFinding_saysWhetherASnapshotIsTheLayer() {
    var right = new Finding(Optional.of(Digest.parse(HIGH)), Optional.empty());

    assertThat(right.lieAbout(HIGH, "")).isEmpty();
    assertThat(right.lieAbout(BOTH, LOW)).isEmpty();
    assertThat(right.lieAbout(LOW, "").orElseThrow()).contains(HIGH, LOW);
    assertThat(right.lieAbout(BOTH, "")).isPresent();
    assertThat(new Finding(Optional.empty(), Optional.of("no")).lieAbout(BOTH, LOW)).contains("no");
  }

  @ParameterizedTest
  @CsvSource({
    "registry.example/team/app:1, registry.example, false",
    "registry.example/team/app:1, registry.example/team/, false",
    "registry.example/team/app:1, registry.example/team/app, false",
    "registry.example/team/app@sha256:ab, registry.example/team/app, false",
    "registry.example/team/apple:1, registry.example/team/app, true",
    "registry.example:5000/team/app:1, registry.example, true",
    "registry.example:5000/team/app:1, registry.example:5000, false",
    "other.example/team/app:1, registry.example, true"
  })
  void skippedRegistriesAndRepositories_areNamedByTheirBeginning(
      String reference, String skip, boolean wanted) {
    assertThat(new ProofOptions(true, List.of(skip), true, 1).wants(reference)).isEqualTo(wanted);
    assertThat(ProofOptions.OFF.wants(reference)).isFalse();
  }
}
