package dev.lazuli.registry.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.TlsSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class HostHealthTest {
  private final RegistryHost mirror = host("mirror.example");
  private final RegistryHost registry = host("registry.example");
  private final List<RegistryHost> hosts = List.of(mirror, registry);
  private long now;
  private final HostHealth health = new HostHealth(() -> now);

  private static RegistryHost host(String name) {
    return new RegistryHost(
        new Origin(true, name, 443, TlsSettings.DEFAULT), "/v2", true, true, Map.of(), null);
  }

  private void later(Duration time) {
    now += time.toNanos();
  }

  @Test
  void hostThatDidNotAnswer_isAskedLast_forHalfAMinute() {
    health.failed(mirror, new IOException("connection refused"));
    assertThat(health.order(hosts)).containsExactly(registry, mirror);

    later(Duration.ofSeconds(31));
    assertThat(health.order(hosts)).containsExactly(mirror, registry);
  }

  @Test
  void hostThatAnswered_thoughWithAnError_isAskedFirstAgain() {
    health.failed(mirror, HostFailure.lasting(404, "not found"));
    assertThat(health.order(hosts)).containsExactly(mirror, registry);

    health.failed(mirror, new IOException("connection refused"));
    health.succeeded(mirror);
    assertThat(health.order(hosts)).containsExactly(mirror, registry);
  }

  @Test
  void hostThatWasGivenUpAfterALongWait_isAskedLast() {
    long asked = health.now();
    later(Duration.ofSeconds(4));
    health.givenUp(mirror, asked);
    assertThat(health.order(hosts)).as("its reader has gone").containsExactly(mirror, registry);

    later(Duration.ofSeconds(1));
    health.givenUp(mirror, asked);
    assertThat(health.order(hosts)).containsExactly(registry, mirror);
  }
}
