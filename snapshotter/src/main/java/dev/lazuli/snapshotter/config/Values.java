package dev.lazuli.snapshotter.config;

import java.util.Map;

/** Values by setting; a setting that is not given has its default. */
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
    var state = get(NodeSettings.STATE);
    return new Configuration(
        get(NodeSettings.ROOT),
        state,
        get(NodeSettings.ADDRESS).orElseGet(() -> state.resolve("lazuli.sock")),
        new Configuration.Log(get(NodeSettings.LOG_LEVEL), get(NodeSettings.LOG_FORMAT)),
        registry(),
        fetch(),
        new Configuration.Cache(
            get(CacheSettings.QUOTA),
            get(CacheSettings.RESERVE),
            get(CacheSettings.OPEN_LAYERS),
            get(CacheSettings.REUSE_ENTRIES),
            get(CacheSettings.CHECKPOINT)),
        new Configuration.Mount(
            get(MountSettings.WAY),
            get(MountSettings.MOUNT_TIMEOUT),
            get(MountSettings.INDEX_MEMORY),
            get(MountSettings.KEEPER),
            get(MountSettings.KEEPER_PATIENCE),
            get(MountSettings.REHEARSAL)),
        new Configuration.Prefetch(
            get(PrefetchSettings.PREFETCH),
            get(PrefetchSettings.PREFETCH_SIZE),
            get(PrefetchSettings.HEAD_START)),
        new Configuration.LayerPolicy(get(TrustSettings.LAZY_FROM), get(TrustSettings.ONE_TENANT)),
        get(TrustSettings.ALLOW_UNVERIFIED),
        new Configuration.Proof(
            get(TrustSettings.PROOF),
            get(TrustSettings.PROOF_SKIP),
            get(TrustSettings.PROOF_BEFORE_LOCAL),
            get(TrustSettings.PROOF_PASSES)),
        get(ReportSettings.RECORD_SIZE),
        get(ReportSettings.METRICS_ADDRESS),
        new Configuration.Bulk(
            get(BulkSettings.ENABLED),
            get(BulkSettings.PARALLEL),
            get(BulkSettings.MEMORY),
            get(BulkSettings.TIMEOUT),
            get(BulkSettings.INDEX_QUOTA)),
        get(StoreSettings.ENABLED),
        new Configuration.Indexes(
            get(IndexSettings.SIDE_REPOSITORY),
            get(IndexSettings.REFERRERS),
            get(IndexSettings.SOCI),
            get(IndexSettings.PUBLISH),
            get(IndexSettings.PUBLISH_DELAY)));
  }

  private Configuration.Registry registry() {
    return new Configuration.Registry(
        get(RegistrySettings.MIRRORS),
        get(RegistrySettings.HOSTS_DIR),
        get(RegistrySettings.PLAIN_HTTP),
        get(RegistrySettings.INSECURE_TLS),
        get(RegistrySettings.CA_FILES),
        get(RegistrySettings.DOCKER_CONFIG),
        get(RegistrySettings.KUBELET),
        get(RegistrySettings.PULL_SECRETS),
        get(RegistrySettings.CONNECTIONS),
        get(RegistrySettings.CONNECT_TIMEOUT),
        get(RegistrySettings.HEADERS_TIMEOUT),
        get(RegistrySettings.IDLE_TIMEOUT),
        get(RegistrySettings.ATTEMPTS),
        get(RegistrySettings.RETRY_WAIT),
        get(RegistrySettings.MAX_RETRY_WAIT));
  }

  private Configuration.Fetch fetch() {
    return new Configuration.Fetch(
        get(FetchSettings.STREAMS),
        get(FetchSettings.UNIT),
        get(FetchSettings.READ_DEADLINE),
        get(FetchSettings.BACKGROUND),
        get(FetchSettings.BACKGROUND_DELAY),
        get(FetchSettings.BACKGROUND_STREAMS),
        get(FetchSettings.BACKGROUND_BANDWIDTH),
        get(FetchSettings.BACKGROUND_REQUESTS));
  }
}
