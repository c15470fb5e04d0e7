package dev.lazuli.demo.images;

import java.util.List;

/**
 * What a container of an image runs by default.
 *
 * @param entrypoint first words of the command line; may be empty
 * @param command further words, replaced by arguments of the container; may be empty
 * @param environment {@code NAME=value} each
 * @param workingDirectory absolute path
 */
public record ContainerDefaults(
    List<String> entrypoint,
    List<String> command,
    List<String> environment,
    String workingDirectory) {

  /** The usual search path, {@code /bin/sh}, and the root as working directory. */
  public static final ContainerDefaults DEFAULT =
      new ContainerDefaults(
          List.of(),
          List.of("/bin/sh"),
          List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
          "/");

  /** Copies the lists. */
  public ContainerDefaults {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    environment = List.copyOf(environment);
  }

  /** Returns the same configuration with another command. */
  public ContainerDefaults withCommand(String... words) {
    return new ContainerDefaults(entrypoint, List.of(words), environment, workingDirectory);
  }
}
