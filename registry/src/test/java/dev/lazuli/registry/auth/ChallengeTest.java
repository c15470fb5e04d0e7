package dev.lazuli.registry.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTest {
  @Test
  void bearer_with_quoted_and_bare_values() {
    assertThat(
            Challenge.parse(
                "Bearer realm=\"https://a.b/t?x=1,2\", service=reg.example ,scope=\"a \\\"b\\\"\""))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://a.b/t?x=1,2", "service", "reg.example", "scope", "a \"b\"")));
  }

  @Test
  void several_challenges_in_one_header_and_bearer_chosen() {
    String header = "Basic realm=\"x, y\", Negotiate, BEARER Realm = \"z\"";

    assertThat(Challenge.parse(header))
        .extracting(Challenge::scheme)
        .containsExactly("basic", "negotiate", "bearer");
    assertThat(Challenge.choose(List.of(header)).orElseThrow().parameter("realm")).isEqualTo("z");
  }

  @Test
  void basic_chosen_where_there_is_nothing_better() {
    assertThat(Challenge.choose(List.of("Negotiate", "Basic realm=\"r\"")).orElseThrow().scheme())
        .isEqualTo("basic");
    assertThat(Challenge.choose(List.of("Negotiate abc==", "Digest x=y"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ",", "=", "\"", "Bearer realm=\"", "Bearer realm=\"\\", "a=b=c", "Bearer =x"})
  void nonsense_ends(String header) {
    assertThat(Challenge.parse(header)).isNotNull();
  }
}
