package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RegistryAccessTest {
  private static final Credentials ALICE = Credentials.password("alice", "se:cret");

  @ParameterizedTest
  @CsvSource({
    "python, docker.io, registry-1.docker.io, true",
    "python, docker.io, mirror.example, false",
    "registry.example:5000/python, registry.example:5000, registry.example:5000, true",
    "registry.example:5000/python, registry.example:5000, registry.example, false",
    "other.example/python, registry.example, registry.example, false",
  })
  void given_goesToTheServerOfItsRegistryOnly(
      String image, String registry, String host, boolean expected) throws Exception {
    var found =
        RegistryAccess.given("alice:se:cret", registry).find(host, ImageReference.parse(image));

    assertThat(found.isPresent()).isEqualTo(expected);
    found.ifPresent(credentials -> assertThat(credentials).isEqualTo(ALICE));
  }

  @Test
  void given_withoutAPassword_isRefused() {
    assertThatThrownBy(() -> RegistryAccess.given("alice", "registry.example"))
        .isInstanceOf(CommandException.class)
        .hasMessage("--user is not NAME:PASSWORD");
  }
}
