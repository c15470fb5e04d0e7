package dev.lazuli.registry.model;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.util.List;

/**
 * What an image's configuration says of how its containers are run.
 *
 * @param entrypoint first words of the command line, which clients seldom change; may be empty
 * @param command words that follow them; may be empty
 * @param environment {@code NAME=value} each
 * @param workingDirectory empty if there is none
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/config.md">OCI image
 *     specification: configuration</a>
 */
public record ImageConfig(
    List<String> entrypoint,
    List<String> command,
    List<String> environment,
    String workingDirectory) {
  /** Copies the lists. */
  public ImageConfig {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    environment = List.copyOf(environment);
  }

  /**
   * Returns the digests of the layers' tars that a configuration lists, from the bottom up; empty
   * if it lists none.
   *
   * @throws IOException if it is not JSON, or lists something else
   */
  public static List<Digest> diffIds(byte[] document) throws IOException {
    try {
      return JsonValue.parse(document).at("rootfs").at("diff_ids").texts().stream()
          .map(Digest::parse)
          .toList();
    } catch (IllegalArgumentException e) {
      throw new IOException("diff_ids of the configuration: " + e.getMessage(), e);
    }
  }

  /**
   * Reads an image's configuration; what it does not say, or says in another form, is empty.
   *
   * @throws IOException if it is not JSON
   */
  public static ImageConfig parse(byte[] document) throws IOException {
    var config = JsonValue.parse(document).at("config");
    var directory = config.at("WorkingDir").text();
    return new ImageConfig(
        config.at("Entrypoint").texts(),
        config.at("Cmd").texts(),
        config.at("Env").texts(),
        directory == null ? "" : directory);
  }
}
