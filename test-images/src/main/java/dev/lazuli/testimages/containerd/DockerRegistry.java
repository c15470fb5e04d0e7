package dev.lazuli.testimages.containerd;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.Daemon;
import dev.lazuli.demo.containerd.Leftovers;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Debian's {@code docker-registry} without TLS, on a free port of the loopback interface. */
public final class DockerRegistry implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("listening on (127\\.0\\.0\\.1:\\d+)");
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration COPY_LIMIT = Duration.ofMinutes(2);

  private final Path directory;
  private final Daemon daemon;
  private final String host;

  private DockerRegistry(Path directory, Daemon daemon, String host) {
    this.directory = directory;
    this.daemon = daemon;
    this.host = host;
  }

  /** Returns why it cannot be started here, or nothing if it can. */
  public static Optional<String> obstacle() {
    return Stream.of("docker-registry", "skopeo")
        .filter(program -> HostFiles.find(program).isEmpty())
        .map(program -> program + " is not installed")
        .findFirst();
  }

  /**
   * Starts the registry and waits until it listens.
   *
   * @param directory where everything of it lies
   * @throws IOException if it does not start; the message holds its log
   */
  public static DockerRegistry start(Path directory) throws IOException {
    Files.createDirectories(directory);
    var config = directory.resolve("registry.yml");
    Files.writeString(
        config,
        """
        version: 0.1
        log: {level: info, formatter: text, accesslog: {disabled: true}}
        storage:
          filesystem: {rootdirectory: "%s/data"}
          delete: {enabled: true}
          cache: {blobdescriptor: inmemory}
        http: {addr: "127.0.0.1:0"}
        """
            .formatted(directory));
    var daemon =
        Daemon.start(
            directory.resolve("registry.log"), "docker-registry", "serve", config.toString());
    daemon.awaitReady(START_LIMIT, () -> LISTENING.matcher(daemon.log()).find());
    var match = LISTENING.matcher(daemon.log());
    if (!match.find()) {
      throw new IllegalStateException("a log does not get shorter");
    }
    return new DockerRegistry(directory, daemon, match.group(1));
  }

  /** Returns {@code 127.0.0.1:PORT}, as image references name the registry. */
  public String host() {
    return host;
  }

  /**
   * Pushes an image of a layout with skopeo, byte for byte.
   *
   * @param tag of the image in the layout
   * @param repositoryAndTag such as {@code python:1}
   * @return the reference to pull it by
   */
  public String push(OciLayout layout, String tag, String repositoryAndTag) throws IOException {
    var reference = host + "/" + repositoryAndTag;
    Command.of("skopeo", "--insecure-policy", "copy", "--quiet", "--preserve-digests")
        .with("--dest-tls-verify=false", "oci:" + layout.directory() + ":" + tag)
        .with("docker://" + reference)
        .within(COPY_LIMIT)
        .check();
    return reference;
  }

  /** Ends the registry and keeps its data, as an outage would. Idempotent. */
  public void stop() {
    daemon.close();
  }

  /** Ends the registry and removes its directory. Idempotent. */
  @Override
  public void close() throws IOException {
    daemon.close();
    Leftovers.delete(directory);
  }
}
