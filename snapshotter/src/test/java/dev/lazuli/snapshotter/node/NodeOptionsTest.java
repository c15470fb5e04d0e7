package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.StoreOptions;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.LayersOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NodeOptionsTest {
  @TempDir Path directory;

  private FetchOptions fetch(Map<String, String> settings) throws IOException {
    var file = Files.createFile(directory.resolve("config.toml"));
    return NodeOptions.layers(Configuration.load(file, settings)).fetch();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 256})
  void configuredStreams_areWhatTheSchedulerGets_withMemoryForEach(int streams) throws IOException {
    var options = fetch(Map.of("fetch.streams", Integer.toString(streams)));

    assertThat(options.streams()).isEqualTo(streams);
    assertThat(options.memoryBytes()).isEqualTo((long) streams * FetchOptions.STREAM_BYTES);
    assertThat(options.lowStreams()).isBetween(1, streams - 1);
  }

  @Test
  void settingsNobodyGives_areTheDefaultsOfTheRoomsThatTheyAreFor() throws IOException {
    var node = NodeOptions.layers(Configuration.defaults());

    int processors = Runtime.getRuntime().availableProcessors();
    assertThat(node.fetch()).isEqualTo(FetchOptions.DEFAULT.withProcessors(processors));
    assertThat(node.layers()).isEqualTo(LayersOptions.DEFAULT);
    assertThat(node.store())
        .usingRecursiveComparison()
        .ignoringFields("reserveBytes", "reuseScope")
        .isEqualTo(StoreOptions.defaults());
  }

  @Test
  void commandsForRegistries_useThePullSecretsThatTheDaemonHasKept() throws IOException {
    var image = ImageReference.parse("registry.example/team/app:1");
    HandedOver.open(directory.resolve("pull-secrets"))
        .remember("registry.example", "team/app", HandedOver.secret("robot", "s3cret"));
    var file = Files.createFile(directory.resolve("config.toml"));
    var root = Map.entry("root", directory.toString());
    var with = Map.entry("registry.pull_secrets", "127.0.0.1:989");

    assertThat(users(Configuration.load(file, Map.ofEntries(root, with)), image))
        .containsExactly("robot");
    assertThat(users(Configuration.load(file, Map.ofEntries(root)), image)).isEmpty();
  }

  private List<String> users(Configuration config, ImageReference image) throws IOException {
    var environment = Map.of("DOCKER_CONFIG", directory.toString());
    return NodeOptions.registry(config, environment)
        .credentials()
        .all("registry.example", image)
        .stream()
        .map(Credentials::username)
        .toList();
  }

  @Test
  void registrySettingsNobodyGives_areTheClientsDefaults() throws IOException {
    var registry = NodeOptions.registry(Configuration.defaults(), Map.of());

    assertThat(registry)
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*hostsDirectory", ".*credentials", ".*proxies")
        .isEqualTo(RegistryOptions.builder().build());
  }
}
