package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an image runs on.
 *
 * @param os operating system, as Go names it ({@code linux})
 * @param architecture processor, as Go names it ({@code amd64}, {@code arm64})
 * @param variant the processor's variant ({@code v8}), where given
 */
public record Platform(String os, String architecture, @Nullable String variant) {
  /** Checks that system and architecture are there. */
  public Platform {
    requireNonNull(os);
    requireNonNull(architecture);
  }

  /** Returns the platform of this machine. */
  public static Platform current() {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return switch (arch) {
      case "x86_64", "amd64" -> new Platform("linux", "amd64", null);
      case "aarch64", "arm64" -> new Platform("linux", "arm64", "v8");
      default -> new Platform("linux", arch, null);
    };
  }

  /** Returns whether an image for {@code this} runs on {@code machine}. */
  public boolean runsOn(Platform machine) {
    return os.equals(machine.os)
        && architecture.equals(machine.architecture)
        && (variant == null || machine.variant == null || variant.equals(machine.variant));
  }
}
