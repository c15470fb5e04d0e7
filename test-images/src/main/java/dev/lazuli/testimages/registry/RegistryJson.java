package dev.lazuli.testimages.registry;

import tools.jackson.databind.json.JsonMapper;

/** The one JSON mapper of this package. */
final class RegistryJson {
  static final JsonMapper MAPPER = JsonMapper.shared();

  private RegistryJson() {}
}
