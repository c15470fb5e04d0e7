package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an image is kept: registry, repository, and a tag, a digest or both. Parsed by Docker's
 * rules: no registry means {@code docker.io}, a bare name there means {@code library/name}, neither
 * tag nor digest means {@code latest}. Where both are given the digest decides.
 *
 * @param registry host, with {@code :port} where one was given; an IPv6 address is in brackets
 * @param repository path of the repository, for example {@code library/python}
 * @param tag the tag, or null if only a digest was given
 * @param digest the manifest's digest, or null if only a tag was given
 * @see <a href="https://github.com/distribution/reference/blob/main/reference.go">The grammar</a>
 */
public record ImageReference(
    String registry, String repository, @Nullable String tag, @Nullable Digest digest) {
  private static final String DOCKER_HUB = "docker.io";

  /** Longest text taken: 255 of name, 128 of tag, 135 of digest and the marks between. */
  private static final int MAX_LENGTH = 520;

  private static final int MAX_NAME_LENGTH = 255;

  private static final String HOST_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*+(?<!-))?+";
  private static final Pattern REGISTRY =
      Pattern.compile(
          "(?:" + HOST_LABEL + "(?:\\." + HOST_LABEL + ")*+|\\[[0-9a-fA-F:]++\\])(?::[0-9]{1,5})?");
  private static final Pattern PATH_COMPONENT =
      Pattern.compile("[a-z0-9]++(?:(?:\\.|__|_|-++)[a-z0-9]++)*+");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  /** Checks all parts against the grammar. */
  public ImageReference {
    requireNonNull(registry);
    requireNonNull(repository);
    check(REGISTRY.matcher(registry).matches(), "registry host", registry);
    for (String component : repository.split("/", -1)) {
      check(PATH_COMPONENT.matcher(component).matches(), "repository", repository);
    }
    check(registry.length() + 1 + repository.length() <= MAX_NAME_LENGTH, "length", repository);
    check(tag == null || TAG.matcher(tag).matches(), "tag", String.valueOf(tag));
    check(tag != null || digest != null, "tag or digest", repository);
  }

  /**
   * Parses a reference that others have written.
   *
   * @throws IOException if the text is not an image reference; the message quotes the part
   */
  public static ImageReference require(String text) throws IOException {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Parses a reference as people type it.
   *
   * @throws IllegalArgumentException if the text is not an image reference; the message quotes the
   *     part
   */
  public static ImageReference parse(String text) {
    check(text.length() <= MAX_LENGTH, "length", text);
    int at = text.indexOf('@');
    Digest digest = at < 0 ? null : Digest.parse(text.substring(at + 1));
    String named = at < 0 ? text : text.substring(0, at);
    int colon = named.lastIndexOf(':');
    boolean tagged = colon > named.lastIndexOf('/');
    String tag = tagged ? named.substring(colon + 1) : null;
    String name = tagged ? named.substring(0, colon) : named;
    return ofName(name, tag == null && digest == null ? "latest" : tag, digest);
  }

  /** Returns the registry that a text names; empty for a text that is not a reference. */
  public static String registryOf(String text) {
    try {
      return parse(text).registry();
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** Returns {@code registry/repository} of a reference, or all of a text that is none. */
  public static String repositoryOf(String text) {
    try {
      return parse(text).name();
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** Returns the same repository's manifest with the given digest, without a tag. */
  public ImageReference withDigest(Digest digest) {
    return new ImageReference(registry, repository, null, requireNonNull(digest));
  }

  /** Returns what names the manifest in the registry's URLs: the digest where there is one. */
  public String manifestName() {
    return digest != null ? digest.toString() : requireNonNull(tag);
  }

  /** Returns {@code registry/repository}. */
  public String name() {
    return registry + "/" + repository;
  }

  /** Returns the full form, which {@link #parse} reads back as an equal reference. */
  @Override
  public String toString() {
    return name() + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
  }

  private static ImageReference ofName(String name, @Nullable String tag, @Nullable Digest digest) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    if (!looksLikeHost(first)) {
      return new ImageReference(DOCKER_HUB, slash < 0 ? "library/" + name : name, tag, digest);
    }
    String path = name.substring(slash + 1);
    if (!first.equals(DOCKER_HUB) && !first.equals("index.docker.io")) {
      return new ImageReference(first, path, tag, digest);
    }
    return new ImageReference(
        DOCKER_HUB, path.indexOf('/') < 0 ? "library/" + path : path, tag, digest);
  }

  /** Docker's rule: repositories have no dots, colons or capitals in their first component. */
  private static boolean looksLikeHost(String first) {
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || first.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
  }

  private static void check(boolean fine, String what, String value) {
    if (!fine) {
      throw new IllegalArgumentException(
          "image reference: bad " + what + " in " + Text.quote(value));
    }
  }
}
