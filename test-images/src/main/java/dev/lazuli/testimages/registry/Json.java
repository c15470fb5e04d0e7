package dev.lazuli.testimages.registry;

import tools.jackson.databind.json.JsonMapper;

/** The one JSON mapper of this package. */
final class Json {
  static final JsonMapper MAPPER = JsonMapper.shared();

  private Json() {}
}
