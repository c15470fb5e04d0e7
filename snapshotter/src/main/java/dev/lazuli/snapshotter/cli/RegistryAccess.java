package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.credentials.CredentialChain;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.node.NodeOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that read or write images in registries; a mixin. */
final class RegistryAccess {
  private static final String HUB = "docker.io";
  private static final String HUB_SERVER = "registry-1.docker.io";

  @Option(names = "--plain-http", description = "Talk to the registries without TLS.")
  private boolean plainHttp;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "NAME:PASSWORD",
      description =
          "Credentials; with two registries, for the one that is written to. All other credentials"
              + " are looked up the way Docker does.")
  private @Nullable String user;

  @Mixin private ConfigurationFile configuration = new ConfigurationFile();

  /**
   * Makes a client.
   *
   * @param images those that will be used; the last one's registry gets the credentials
   */
  RegistryClient client(List<ImageReference> images) throws Exception {
    var config = configuration.load(Map.of());
    var others = NodeOptions.credentials(config, System.getenv());
    var options =
        NodeOptions.registryBuilder(config.registry(), System.getenv()).credentials(others);
    if (plainHttp) {
      images.forEach(image -> options.plainHttpHost(image.registry()));
    }
    if (user != null && !images.isEmpty()) {
      options.credentials(
          new CredentialChain(List.of(given(user, images.getLast().registry()), others)));
    }
    return new RegistryClient(build(options));
  }

  private static RegistryOptions build(RegistryOptions.Builder options) throws CommandException {
    try {
      return options.build();
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns what gives {@code NAME:PASSWORD} to the server of {@code registry} and to no other. */
  static CredentialsProvider given(String user, String registry) throws CommandException {
    int colon = user.indexOf(':');
    if (colon < 1) {
      throw new CommandException("--user is not NAME:PASSWORD");
    }
    var credentials = Credentials.password(user.substring(0, colon), user.substring(colon + 1));
    var server = registry.equals(HUB) ? HUB_SERVER : registry;
    return (host, image) ->
        image.registry().equals(registry) && host.equals(server)
            ? Optional.of(credentials)
            : Optional.empty();
  }

  /** Reads {@code OS/ARCH} or {@code OS/ARCH/VARIANT}. */
  static Platform platform(String text) throws CommandException {
    var parts = text.split("/", -1);
    if (parts.length < 2 || parts.length > 3) {
      throw new CommandException("platform " + text + " is not OS/ARCH or OS/ARCH/VARIANT");
    }
    return new Platform(parts[0], parts[1], parts.length == 3 ? parts[2] : null);
  }
}
