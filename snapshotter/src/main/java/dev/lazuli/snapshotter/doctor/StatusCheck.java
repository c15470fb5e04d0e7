package dev.lazuli.snapshotter.doctor;

import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.Trouble;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a daemon says of itself, as findings.
 *
 * @param now when it said so
 */
record StatusCheck(NodeStatus status, Instant now) {
  private static final String AREA = "daemon";

  /** Older failures are most likely over: a layer that is wanted is asked for again before. */
  private static final Duration LATELY = Duration.ofMinutes(10);

  private static final Set<Trouble.Kind> NOT_MOUNTED =
      EnumSet.of(Trouble.Kind.MOUNT, Trouble.Kind.RESTORE);

  void run(Examination examination, String version) {
    if (!status.version().equals(version)) {
      examination.note(
          AREA,
          "the daemon is version " + status.version() + ", this command is version " + version,
          "systemctl restart lazuli");
    }
    status
        .noLazyMounts()
        .ifPresent(
            reason ->
                examination.problem(
                    AREA,
                    "it mounts nothing lazily: " + reason,
                    "fix the kernel findings above, then systemctl restart lazuli"));
    for (var warning : status.warnings()) {
      examination.note(AREA, warning, "see install.md, The daemon");
    }
    failures(examination);
    falseLayers(examination);
    notMounted(examination);
  }

  /** Containers that read what cannot be fetched get I/O errors. */
  private void failures(Examination examination) {
    var byRegistry = new TreeMap<String, List<LayerStatus>>();
    for (var layer : status.layers()) {
      if (!layer.complete() && failedLately(layer)) {
        byRegistry.merge(registry(layer), List.of(layer), StatusCheck::both);
      }
    }
    byRegistry.forEach(
        (registry, layers) -> {
          var last = layers.stream().max(Comparator.comparing(StatusCheck::failedAt)).orElseThrow();
          var image = last.images().isEmpty() ? "IMAGE" : last.images().getFirst();
          examination.problem(
              AREA,
              "%d layers from %s could not be read within the last %d minutes, so containers may"
                      .formatted(layers.size(), registry, LATELY.toMinutes())
                  + " see I/O errors; the last one of "
                  + image
                  + ": "
                  + last.lastError().orElse("no reason"),
              "lazuli doctor " + image + " asks the registry and says what to do");
        });
  }

  private static List<LayerStatus> both(List<LayerStatus> some, List<LayerStatus> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private boolean failedLately(LayerStatus layer) {
    return layer.lastErrorAt().isPresent() && failedAt(layer).isAfter(now.minus(LATELY));
  }

  private static Instant failedAt(LayerStatus layer) {
    return layer.lastErrorAt().orElse(Instant.EPOCH);
  }

  private static String registry(LayerStatus layer) {
    try {
      return layer.images().isEmpty()
          ? "a registry"
          : ImageReference.parse(layer.images().getFirst()).registry();
    } catch (IllegalArgumentException e) {
      return "a registry";
    }
  }

  private void falseLayers(Examination examination) {
    for (var trouble : status.troubles()) {
      switch (trouble.kind()) {
        case LIE ->
            examination.problem(
                AREA,
                "layer %s is not what image %s says: %s"
                    .formatted(trouble.layer(), imageOf(trouble), trouble.reason()),
                "remove that image and its containers, and find out who made it");
        case CONFLICT ->
            examination.problem(
                AREA,
                "layer %s of image %s and another image contradict each other: %s"
                    .formatted(trouble.layer(), imageOf(trouble), trouble.reason()),
                "one of the two images is false: remove that image and its containers");
        case MOUNT, RESTORE, POLICY -> {}
      }
    }
  }

  private void notMounted(Examination examination) {
    var troubles =
        status.troubles().stream().filter(trouble -> NOT_MOUNTED.contains(trouble.kind())).toList();
    if (!troubles.isEmpty()) {
      var last = troubles.getFirst();
      examination.note(
          AREA,
          "%d layers could not be mounted lazily, the last one of %s: %s"
              .formatted(troubles.size(), imageOf(last), last.reason()),
          "lazuli status lists all of them; lazuli doctor IMAGE looks at one image");
    }
  }

  private static String imageOf(Trouble trouble) {
    return trouble.image().isEmpty() ? "an image" : trouble.image();
  }
}
