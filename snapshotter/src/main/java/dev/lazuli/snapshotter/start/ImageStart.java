package dev.lazuli.snapshotter.start;

import dev.lazuli.digest.Digest;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an image's configuration says of how its containers start. It is a hint: a client may start
 * something else.
 *
 * @param layers digests of the image's layer blobs, lowest first
 * @param entrypoint words of the command line that clients seldom change
 * @param command words that follow them, or are the command line where there is no entrypoint
 * @param path directories in which programs are looked for
 * @param libraryPath directories in which shared libraries are looked for first
 * @param modulePath directories in which Python looks for modules first
 * @param classPath where Java looks for classes: directories and archives
 * @param workingDirectory what relative names are relative to
 */
public record ImageStart(
    List<Digest> layers,
    List<String> entrypoint,
    List<String> command,
    List<String> path,
    List<String> libraryPath,
    List<String> modulePath,
    List<String> classPath,
    String workingDirectory) {
  private static final String USUAL_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private static final StartLimits LIMITS = StartLimits.DEFAULT;

  /** Copies the lists. */
  public ImageStart {
    layers = List.copyOf(layers);
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    path = List.copyOf(path);
    libraryPath = List.copyOf(libraryPath);
    modulePath = List.copyOf(modulePath);
    classPath = List.copyOf(classPath);
  }

  /**
   * Makes one of what an image's configuration says, as far as {@link StartLimits#DEFAULT} goes.
   *
   * @param layers digests of the image's layer blobs, lowest first
   * @param environment {@code NAME=value} each
   * @param workingDirectory empty for the root
   */
  public static ImageStart of(
      List<Digest> layers,
      List<String> entrypoint,
      List<String> command,
      List<String> environment,
      String workingDirectory) {
    return new ImageStart(
        layers,
        words(entrypoint),
        words(command),
        directories(variable(environment, "PATH", USUAL_PATH)),
        directories(variable(environment, "LD_LIBRARY_PATH", "")),
        directories(variable(environment, "PYTHONPATH", "")),
        directories(variable(environment, "CLASSPATH", "")),
        workingDirectory.isEmpty() || workingDirectory.length() > LIMITS.pathBytes()
            ? "/"
            : workingDirectory);
  }

  /** Returns the words of the command line. */
  List<String> words() {
    return Stream.concat(entrypoint.stream(), command.stream()).toList();
  }

  private static String variable(List<String> environment, String name, String otherwise) {
    return environment.stream()
        .filter(entry -> entry.startsWith(name + "="))
        .map(entry -> entry.substring(name.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }

  /** Returns the first words; those too long to name a file are empty. */
  private static List<String> words(List<String> words) {
    return words.stream()
        .limit(LIMITS.words())
        .map(word -> word.length() > LIMITS.pathBytes() ? "" : word)
        .toList();
  }

  private static List<String> directories(String path) {
    return SearchPath.entries(path)
        .filter(entry -> entry.startsWith("/") && entry.length() <= LIMITS.pathBytes())
        .limit(LIMITS.directories())
        .toList();
  }
}
