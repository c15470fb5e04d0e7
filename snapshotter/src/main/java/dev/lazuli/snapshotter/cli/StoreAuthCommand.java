package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code lazuli store-auth}: brings the credentials of Podman's pulls to the daemon. */
@Command(
    name = "store-auth",
    description = {
      "Hand the credentials of a pull to the daemon.",
      "Podman and CRI-O do so by the program store-auth beside this one, which is named in"
          + " registries.conf. Reads them from standard input, as"
          + " {\"IMAGE\":{\"username\":...,\"password\":...,\"identityToken\":...}}."
    })
final class StoreAuthCommand implements Callable<Integer> {
  private static final int MOST_BYTES = 64 << 10;

  @Mixin private ConfigurationOptions configuration;

  @Override
  public Integer call() throws Exception {
    give(System.in, new StatusClient(configuration.load().statusSocket()));
    return 0;
  }

  /** Gives what was read; of what cannot be read nothing is quoted, since it may be a password. */
  static void give(InputStream in, StatusClient daemon) throws IOException {
    byte[] said = in.readNBytes(MOST_BYTES + 1);
    JsonNode images;
    try {
      images = JsonMapper.shared().readTree(said);
    } catch (JacksonException _) {
      throw new IOException("standard input is not JSON");
    }
    if (said.length > MOST_BYTES || !images.isObject()) {
      throw new IOException("standard input is not a JSON object of at most 64 KiB");
    }
    for (var image : images.properties()) {
      var token = image.getValue().path("identityToken").asString("");
      var secret = token.isEmpty() ? image.getValue().path("password").asString("") : token;
      var user = token.isEmpty() ? image.getValue().path("username").asString("") : "";
      if (!secret.isEmpty()) {
        daemon.give(image.getKey(), user, secret);
      }
    }
  }
}
