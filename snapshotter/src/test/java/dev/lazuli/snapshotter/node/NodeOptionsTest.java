package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.StoreOptions;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.LayersOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    int spare = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
    int background = Math.min(spare, FetchOptions.DEFAULT.backgroundStreams());
    assertThat(node.fetch()).isEqualTo(FetchOptions.DEFAULT.withBackgroundStreams(background));
    assertThat(node.layers()).isEqualTo(LayersOptions.DEFAULT);
    assertThat(node.store())
        .usingRecursiveComparison()
        .ignoringFields("reserveBytes", "reuseScope")
        .isEqualTo(StoreOptions.defaults());
  }

  @Test
  void registrySettingsNobodyGives_areTheClientsDefaults() throws IOException {
    var registry = NodeOptions.registry(Configuration.defaults().registry(), Map.of());

    assertThat(registry)
        .usingRecursiveComparison()
        .ignoringFieldsMatchingRegexes(".*hostsDirectory", ".*credentials", ".*proxies")
        .isEqualTo(RegistryOptions.builder().build());
  }
}
