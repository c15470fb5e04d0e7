package dev.lazuli.demo.registry;

import tools.jackson.databind.json.JsonMapper;

/** The one JSON mapper of this package. */
public final class RegistryJson {
  /** Without settings of its own. */
  public static final JsonMapper MAPPER = JsonMapper.shared();

  private RegistryJson() {}
}
