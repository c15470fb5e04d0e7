package dev.lazuli.testimages.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DebianPackagesTest {
  @TempDir Path cache;

  @BeforeEach
  void needApt() throws Exception {
    var obstacle = DebianPackages.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
  }

  @Test
  void unknownPackage_isAnErrorThatSaysWhich() {
    assertThatThrownBy(() -> new DebianPackages(cache).layers(List.of("no-such-package-at-all")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no-such-package-at-all");
  }

  @Test
  void candidates_leaveOutWhatDoesNotExist() throws Exception {
    assertThat(Apt.candidates(Set.of("libc6", "no-such-package-at-all"))).containsExactly("libc6");
  }

  @Test
  void closure_holdsDependencies() throws Exception {
    assertThat(new Apt(cache).closure(List.of("dash"))).contains("dash", "libc6");
  }
}
