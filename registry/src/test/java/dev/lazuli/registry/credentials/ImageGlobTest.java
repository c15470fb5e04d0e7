package dev.lazuli.registry.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageGlobTest {
  /** Those of the kubelet's documentation, and the edges of its rules. */
  @ParameterizedTest
  @CsvSource({
    "123456789.dkr.ecr.us-east-1.amazonaws.com, 123456789.dkr.ecr.us-east-1.amazonaws.com/app,"
        + " true",
    "*.dkr.ecr.*.amazonaws.com, 1.dkr.ecr.eu-west-1.amazonaws.com/team/app, true",
    "*.dkr.ecr.*.amazonaws.com, dkr.ecr.eu-west-1.amazonaws.com/app, false",
    "*.azurecr.io, my.azurecr.io/app, true",
    "*.azurecr.io, my.other.azurecr.io/app, false",
    "*.*.registry.io, a.b.registry.io/app, true",
    "app*.k8s.io, app-2.k8s.io/x, true",
    "app?.k8s.io, app.k8s.io/x, false",
    "registry.io:8080/path, registry.io:8080/path/app, true",
    "registry.io:8080/path, registry.io:8080/other, false",
    "registry.io, registry.io:8080/app, false",
    "https://gcr.io, gcr.io/app, true",
    "127.0.0.1:5000, 127.0.0.1:5000/app, true"
  })
  void pattern_fitsAsTheKubeletSays(String pattern, String image, boolean fits) {
    assertThat(ImageGlob.parse(pattern).matches(image)).isEqualTo(fits);
  }

  @Test
  @Timeout(10)
  void manyStars_takeNoLonger() {
    var pattern = ImageGlob.parse("*a".repeat(5_000) + "b");

    assertThat(pattern.matches("a".repeat(10_000) + "/app")).isFalse();
  }
}
