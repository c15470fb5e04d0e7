package dev.lazuli.snapshotter.config;

import java.util.Map;

/** Values by setting; what is not given is preset. */
record Values(Map<Setting<?>, Object> given) {
  /** Copies the map. */
  Values {
    given = Map.copyOf(given);
  }

  @SuppressWarnings(
      "unchecked") // Only ConfigFile fills the map, each value by its setting's own kind.
  <T> T get(Setting<T> setting) {
    return (T) given.getOrDefault(setting, setting.preset());
  }

  Configuration configuration() {
    var state = get(Settings.STATE);
    return new Configuration(
        get(Settings.ROOT),
        state,
        get(Settings.ADDRESS).orElseGet(() -> state.resolve("lazuli.sock")),
        new Configuration.Log(get(Settings.LOG_LEVEL), get(Settings.LOG_FORMAT)),
        registry(),
        fetch(),
        new Configuration.Cache(
            get(Settings.QUOTA),
            get(Settings.RESERVE),
            get(Settings.OPEN_LAYERS),
            get(Settings.REUSE_ENTRIES),
            get(Settings.CHECKPOINT)),
        new Configuration.Mount(
            get(Settings.WAY),
            get(Settings.MOUNT_TIMEOUT),
            get(Settings.INDEX_MEMORY),
            get(Settings.KEEPER),
            get(Settings.KEEPER_PATIENCE)),
        new Configuration.Prefetch(
            get(Settings.PREFETCH), get(Settings.PREFETCH_SIZE), get(Settings.HEAD_START)),
        new Configuration.LayerPolicy(get(Settings.LAZY_FROM), get(Settings.ONE_TENANT)),
        get(Settings.ALLOW_UNVERIFIED),
        new Configuration.Proof(
            get(Settings.PROOF),
            get(Settings.PROOF_SKIP),
            get(Settings.PROOF_BEFORE_LOCAL),
            get(Settings.PROOF_PASSES)),
        get(Settings.RECORD_SIZE),
        get(Settings.METRICS_ADDRESS));
  }

  private Configuration.Registry registry() {
    return new Configuration.Registry(
        get(Settings.MIRRORS),
        get(Settings.HOSTS_DIR),
        get(Settings.PLAIN_HTTP),
        get(Settings.INSECURE_TLS),
        get(Settings.CA_FILES),
        get(Settings.DOCKER_CONFIG),
        get(Settings.CONNECTIONS),
        get(Settings.CONNECT_TIMEOUT),
        get(Settings.HEADERS_TIMEOUT),
        get(Settings.IDLE_TIMEOUT),
        get(Settings.ATTEMPTS),
        get(Settings.RETRY_WAIT),
        get(Settings.MAX_RETRY_WAIT));
  }

  private Configuration.Fetch fetch() {
    return new Configuration.Fetch(
        get(Settings.STREAMS),
        get(Settings.UNIT),
        get(Settings.READ_DEADLINE),
        get(Settings.BACKGROUND),
        get(Settings.BACKGROUND_DELAY),
        get(Settings.BACKGROUND_STREAMS),
        get(Settings.BACKGROUND_BANDWIDTH),
        get(Settings.BACKGROUND_REQUESTS));
  }
}
