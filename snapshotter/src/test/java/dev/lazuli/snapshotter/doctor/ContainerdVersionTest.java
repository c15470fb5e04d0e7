package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.config.Configuration;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ContainerdVersionTest {
  private static Diagnosis diagnosis(String version) throws Exception {
    var around = new Surroundings(Path.of("/c.sock"), Path.of("/c.toml"), "lazuli", Map.of());
    var config = Configuration.load(Configuration.DEFAULT_FILE, Map.of());
    var examination = new Examination();
    new ContainerdCheck(config, around).version(examination, version);
    assertThat(examination.diagnoses()).hasSize(1);
    return examination.diagnoses().getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "v1.5.11, PROBLEM",
    "0.9, PROBLEM",
    "1.6.0, OK",
    "v1.7.24~ds1, OK",
    "2.0.0-rc.1, OK",
    "2.1, OK"
  })
  void version_isComparedWithTheOldestThatWorks(String version, Health health) throws Exception {
    var diagnosis = diagnosis(version);

    assertThat(diagnosis.health()).isEqualTo(health);
    assertThat(diagnosis.found()).contains(version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2", "v2", "deadbeef", "7f0ba9e.m", "1234567.1", "1.1234567", "1.x"})
  void versionWithoutTwoNumbers_isANoteThatContainerdAnswers(String version) throws Exception {
    var diagnosis = diagnosis(version);

    assertThat(diagnosis.health()).isEqualTo(Health.NOTE);
    assertThat(diagnosis.found()).contains("\"" + version + "\" answers at /c.sock");
    assertThat(diagnosis.remedy()).doesNotContain("systemctl");
  }

  @Test
  void numbers_areComparedAsNumbers() {
    var ten = VersionNumber.parse("1.10").orElseThrow();

    assertThat(ten.isBefore(1, 9)).isFalse();
    assertThat(ten.isBefore(1, 11)).isTrue();
    assertThat(ten.isBefore(2, 0)).isTrue();
    assertThat(ten.isBefore(0, 99)).isFalse();
  }
}
