package dev.lazuli.snapshotter.layers;

import dev.lazuli.registry.model.ImageReference;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whose images a node mounts before their content is proved, and with whom it shares what it has.
 *
 * @param lazyFrom which images may be mounted lazily: {@code registry/repository} each, in which
 *     {@code *} stands for anything
 * @param oneTenant whether everybody on this node may read what anybody has pulled
 */
public record Tenancy(List<String> lazyFrom, boolean oneTenant) {
  private static final String ALL = "*";

  /** Everything is mounted lazily; what is shared is asked for at the asker's own registry. */
  public static final Tenancy DEFAULT = new Tenancy(List.of(ALL), false);

  /** Copies the list. */
  public Tenancy {
    lazyFrom = List.copyOf(lazyFrom);
  }

  /**
   * Returns whether an image may be mounted lazily. An image whose name is not a reference, such as
   * a local file's, may be only if all may.
   */
  boolean mayBeLazy(String reference) {
    return isNamed(reference, lazyFrom);
  }

  /** Returns whether an image is one of those that patterns name, as {@link #lazyFrom} does. */
  public static boolean isNamed(String reference, List<String> patterns) {
    return patterns.contains(ALL)
        || names(List.of(reference))
            .anyMatch(name -> patterns.stream().anyMatch(pattern -> matches(pattern, name)));
  }

  private static boolean matches(String pattern, String name) {
    var quoted = Stream.of(pattern.split("\\*", -1)).map(Pattern::quote);
    return Pattern.matches(quoted.collect(Collectors.joining(".*")), name);
  }

  /**
   * Returns whether an image may use what was pulled for others without asking its registry: it is
   * of the same repository as one of them.
   */
  boolean shares(Collection<String> others, String reference) {
    return oneTenant || names(List.of(reference)).anyMatch(names(others).toList()::contains);
  }

  /**
   * Returns whether chunks may be copied from one layer to another: everybody who may read the
   * other has been found to be allowed to read the one.
   *
   * @param from images of the layer that has a chunk
   * @param to images of the layer that lacks it
   */
  public boolean mayCopy(Collection<String> from, Collection<String> to) {
    if (oneTenant) {
      return true;
    }
    var allowed = names(from).toList();
    return !to.isEmpty()
        && to.stream().allMatch(reference -> names(List.of(reference)).anyMatch(allowed::contains));
  }

  /** Returns the newest of the images of each repository, in the order they were pulled. */
  static List<String> onePerRepository(List<String> references) {
    var newest = new LinkedHashMap<String, String>();
    for (var reference : references) {
      var name = ImageReference.repositoryOf(reference);
      newest.remove(name);
      newest.put(name, reference);
    }
    return List.copyOf(newest.values());
  }

  /** Returns {@code registry/repository} of each reference that is one. */
  private static Stream<String> names(Collection<String> references) {
    return references.stream()
        .flatMap(
            reference -> {
              try {
                return Stream.of(ImageReference.parse(reference).name());
              } catch (IllegalArgumentException e) {
                return Stream.of();
              }
            });
  }
}
