package dev.lazuli.registry.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ImageIndexTest {
  private static final Platform ANY_AMD = new Platform("linux", "amd64", null);
  private static final Platform AMD_V3 = new Platform("linux", "amd64", "v3");
  private static final Platform ARM_V7 = new Platform("linux", "arm", "v7");

  @Test
  void manifestForTheVeryVariant_isTakenBeforeOthers_whateverTheirOrder() {
    assertThat(chosen(ANY_AMD, AMD_V3, ANY_AMD)).isEqualTo(1);
    assertThat(chosen(AMD_V3, ANY_AMD, AMD_V3)).isEqualTo(1);
    assertThat(chosen(AMD_V3, null, ANY_AMD)).isEqualTo(1);
  }

  @Test
  void manifestWithoutAPlatform_isTakenOnlyIfNoOtherFits() {
    assertThat(chosen(ANY_AMD, null, ANY_AMD)).isEqualTo(1);
    assertThat(chosen(ANY_AMD, ARM_V7, null)).isEqualTo(1);
    assertThat(chosen(ANY_AMD, ARM_V7)).isEqualTo(-1);
  }

  @Test
  void ofEquals_theFirstIsTaken() {
    assertThat(chosen(ANY_AMD, AMD_V3, AMD_V3)).isZero();
  }

  /** Returns the place of the manifest that is chosen, -1 if none fits. */
  private static int chosen(Platform machine, @Nullable Platform... platforms) {
    var manifests = new ArrayList<Descriptor>();
    for (var platform : platforms) {
      manifests.add(manifest(manifests.size(), platform));
    }
    return new ImageIndex(MediaTypes.OCI_INDEX, manifests, Map.of())
        .forPlatform(machine)
        .map(chosen -> Math.toIntExact(chosen.size()))
        .orElse(-1);
  }

  /** Returns one that is known by its size. */
  private static Descriptor manifest(int size, @Nullable Platform platform) {
    return new Descriptor(
        MediaTypes.OCI_MANIFEST,
        Digest.sha256(new byte[0]),
        size,
        Map.of(),
        List.of(),
        null,
        platform);
  }
}
