package dev.lazuli.snapshotter.config;

import java.util.List;

/**
 * Which layers are mounted, shared and proved: the tables {@code layers}, {@code verification} and
 * {@code proof}.
 */
final class TrustSettings {
  static final Setting<List<String>> LAZY_FROM =
      new Setting<>(
          "layers.lazy_from",
          SettingKind.texts("a list of images, as registry/repository with * for anything"),
          List.of("*"),
          "Images that may be mounted before their content is proved, as registry/repository with"
              + " * for anything; all others are pulled whole.");
  static final Setting<Boolean> ONE_TENANT =
      new Setting<>(
          "layers.one_tenant",
          SettingKind.flag(),
          false,
          "If true, every image may use every layer and chunk on this node. If false, only images"
              + " of the same repository, or whose own registry also has the layer.");
  static final Setting<Boolean> ALLOW_UNVERIFIED =
      new Setting<>(
          "verification.allow_unverified",
          SettingKind.flag(),
          false,
          "Whether a client or an image may ask by label for layers whose table of contents cannot"
              + " be verified.");
  static final Setting<Boolean> PROOF =
      new Setting<>(
          "proof.enabled",
          SettingKind.flag(),
          true,
          "Whether each layer's whole blob is read once, to prove that the layer is what its image"
              + " says. What readers fetched before that is then fetched a second time.");
  static final Setting<List<String>> PROOF_SKIP =
      new Setting<>(
          "proof.skip",
          SettingKind.texts(
              "a list of registries, registry.example:5000, and repositories,"
                  + " registry.example/team/app or registry.example/team/"),
          List.of(),
          "Registries and repositories whose layers are not proved.");
  static final Setting<Boolean> PROOF_BEFORE_LOCAL =
      new Setting<>(
          "proof.before_local",
          SettingKind.flag(),
          true,
          "Whether a complete layer stays mounted lazily until it is proved.");
  static final Setting<Integer> PROOF_PASSES =
      new Setting<>(
          "proof.passes",
          SettingKind.integer(1, 64),
          2,
          "Maximum number of blobs that are read whole at the same time; one more is if its"
              + " registry has none among them.");

  static final List<Setting<?>> ALL =
      List.of(
          LAZY_FROM,
          ONE_TENANT,
          ALLOW_UNVERIFIED,
          PROOF,
          PROOF_SKIP,
          PROOF_BEFORE_LOCAL,
          PROOF_PASSES);

  private TrustSettings() {}
}
