package dev.lazuli.snapshotter.config;

import java.util.List;

/** How other engines than containerd use the node's layers: the table {@code store}. */
final class StoreSettings {
  static final Setting<Boolean> ENABLED =
      new Setting<>(
          "store.enabled",
          SettingKind.flag(),
          false,
          "Whether Podman and CRI-O find lazy layers in store in the root directory, an additional"
              + " layer store.");

  static final List<Setting<?>> ALL = List.of(ENABLED);

  private StoreSettings() {}
}
