package dev.lazuli.snapshotter.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * What containerd's configuration says of a snapshotter. Where containerd's program is here, it is
 * asked ({@code containerd config dump}): it knows its defaults, what a file imports and how older
 * versions are read. Otherwise the file itself is read.
 *
 * @param file as it is written
 * @param effective as containerd understands it
 * @param asked whether containerd was asked
 */
record ContainerdSettings(JsonNode file, JsonNode effective, boolean asked) {
  private static final TomlMapper TOML = new TomlMapper();
  private static final int MOST_BYTES = 4 << 20;
  private static final long SECONDS = 20;

  /** CRI's section in containerd 1.x, and those of 2.x for its images and for transfers. */
  private static final String CRI_1 = "io.containerd.grpc.v1.cri";

  private static final String CRI_2 = "io.containerd.cri.v1.images";
  private static final String TRANSFER = "io.containerd.transfer.v1.local";

  /**
   * Reads a configuration.
   *
   * @param program containerd; empty if it is not here
   * @throws IOException if the file cannot be read or containerd refuses it
   */
  static ContainerdSettings read(Path config, Optional<Path> program) throws IOException {
    var text = Files.exists(config) ? Files.readString(config) : "";
    var file = parse(config, text);
    if (program.isEmpty()) {
      return new ContainerdSettings(file, file, false);
    }
    return new ContainerdSettings(file, parse(config, dump(program.get(), config)), true);
  }

  private static JsonNode parse(Path config, String text) throws IOException {
    try {
      return TOML.readTree(text);
    } catch (JacksonException e) {
      throw new IOException(config + ": " + e.getOriginalMessage(), e);
    }
  }

  private static String dump(Path program, Path config) throws IOException {
    var command = new ArrayList<>(List.of(program.toString()));
    if (Files.exists(config)) {
      command.addAll(List.of("--config", config.toString()));
    }
    command.addAll(List.of("config", "dump"));
    var errors = Files.createTempFile("containerd", ".err");
    try {
      var process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      process.getOutputStream().close();
      try (var output = process.getInputStream()) {
        var text = new String(output.readNBytes(MOST_BYTES), UTF_8);
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
          throw new IOException(
              "containerd refuses " + config + ": " + Files.readString(errors).strip());
        }
        return text;
      } finally {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while containerd read its configuration", e);
    } finally {
      Files.delete(errors);
    }
  }

  private JsonNode plugin(String name) {
    return effective.path("plugins").path(name);
  }

  /** Returns whether the sections are those of containerd 2.x. */
  boolean isSecond() {
    return !plugin(CRI_2).isMissingNode();
  }

  JsonNode proxy(String snapshotter) {
    return effective.path("proxy_plugins").path(snapshotter);
  }

  /** Returns CRI's settings of images. */
  JsonNode images() {
    return isSecond() ? plugin(CRI_2) : plugin(CRI_1).path("containerd");
  }

  /** Returns whether the file sets CRI's snapshotter where containerd 2.x does not look. */
  boolean usesOldSection(String snapshotter) {
    return isSecond() && namesInFirst(snapshotter);
  }

  /** Returns whether the file sets CRI's snapshotter as 1.x reads it only in files of version 2. */
  boolean lacksVersion(String snapshotter) {
    return asked && !isSecond() && namesInFirst(snapshotter) && file.path("version").asInt(1) < 2;
  }

  private boolean namesInFirst(String snapshotter) {
    return file.path("plugins")
        .path(CRI_1)
        .path("containerd")
        .path("snapshotter")
        .asString("")
        .equals(snapshotter);
  }

  /** Returns whether the file sets CRI's snapshotter and switches CRI off, as Docker's does. */
  boolean isWithoutCri(String snapshotter) {
    var second = file.path("plugins").path(CRI_2).path("snapshotter").asString("");
    boolean isNamed = namesInFirst(snapshotter) || second.equals(snapshotter);
    for (var plugin : file.path("disabled_plugins")) {
      if (isNamed && List.of("cri", CRI_1, CRI_2).contains(plugin.asString(""))) {
        return true;
      }
    }
    return false;
  }

  /** Returns where CRI looks for hosts, with colons between; empty if nowhere. */
  String hostsDirectories() {
    return plugin(isSecond() ? CRI_2 : CRI_1).path("registry").path("config_path").asString("");
  }

  /** Returns the snapshotters that the transfer service unpacks for; empty: containerd's own. */
  List<String> unpackers() {
    var snapshotters = new ArrayList<String>();
    for (var entry : plugin(TRANSFER).path("unpack_config")) {
      snapshotters.add(entry.path("snapshotter").asString(""));
    }
    return snapshotters;
  }

  /** Returns the settings for which CRI of containerd 2.1 and newer does not use transfers. */
  List<String> againstTransfer() {
    var images = images();
    var reasons = new ArrayList<String>();
    if (!images.path("disable_snapshot_annotations").asBoolean(true)) {
      reasons.add("disable_snapshot_annotations = false");
    }
    for (var flag :
        List.of("use_local_image_pull", "discard_unpacked_layers", "image_pull_with_sync_fs")) {
      if (images.path(flag).asBoolean(false)) {
        reasons.add(flag + " = true");
      }
    }
    if (images.path("max_concurrent_downloads").asInt(3) != 3) {
      reasons.add("max_concurrent_downloads");
    }
    for (var table : List.of("mirrors", "configs", "auths")) {
      if (!images.path("registry").path(table).isEmpty()) {
        reasons.add("registry." + table);
      }
    }
    return reasons;
  }
}
