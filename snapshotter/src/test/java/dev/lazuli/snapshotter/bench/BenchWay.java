package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A snapshotter with the command that pulls for it.
 *
 * @param snapshotter containerd's name of it
 * @param pull who pulls
 * @param reference the image to pull; empty: the bed's own
 * @param format the format of the bed's own image
 * @param pid the snapshotter's daemon; empty: containerd itself, or the bed's own
 */
record BenchWay(
    String snapshotter,
    Pull pull,
    Optional<String> reference,
    BenchFormat format,
    Optional<Long> pid) {
  private static final String OURS = "lazuli";
  private static final Duration LONG = Duration.ofMinutes(10);

  /** Clients that pull. */
  enum Pull {
    CTR,
    CTR_REMOTE,
    LAZULI;

    private static Pull parse(String text) {
      return Arrays.stream(values())
          .filter(pull -> pull.word().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "\"" + text + "\" does not pull; ctr, ctr-remote and lazuli do"));
    }

    /** Returns the word for it on the command line. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Reads {@code SNAPSHOTTER[:PULL][,image=REF][,format=FORMAT][,pid=PID]}.
   *
   * @throws IllegalArgumentException if it is something else; the message says what
   */
  static BenchWay parse(String text) {
    var parts = List.of(text.split(",", -1));
    for (var part : parts.subList(1, parts.size())) {
      if (!part.matches("image=.+|format=.+|pid=[0-9]{1,18}")) {
        throw new IllegalArgumentException(
            "\"" + part + "\" of \"" + text + "\" is none of image=REF, format=FORMAT and pid=PID");
      }
    }
    var head = List.of(parts.getFirst().split(":", -1));
    var pull = head.size() < 2 ? Pull.CTR : Pull.parse(head.get(1));
    return new BenchWay(
        head.getFirst(),
        pull,
        value(parts, "image="),
        value(parts, "format=").map(BenchFormat::parse).orElse(usualFormat(head.getFirst(), pull)),
        value(parts, "pid=").map(Long::valueOf));
  }

  private static Optional<String> value(List<String> parts, String key) {
    return parts.stream()
        .filter(part -> part.startsWith(key))
        .map(part -> part.substring(key.length()))
        .findFirst();
  }

  /** Each is measured with what its own converter makes. */
  private static BenchFormat usualFormat(String snapshotter, Pull pull) {
    if (pull == Pull.CTR) {
      return BenchFormat.GZIP;
    }
    return snapshotter.equals(OURS) ? BenchFormat.LAZULI : BenchFormat.CTR_REMOTE;
  }

  /** Returns whether this is the snapshotter that the bench itself starts. */
  boolean ours() {
    return snapshotter.equals(OURS);
  }

  /** Returns whether this is what others are compared with. */
  boolean overlayfs() {
    return snapshotter.equals("overlayfs");
  }

  /** Pulls {@code image} into the containerd at {@code socket}. */
  CommandResult pull(String launcher, String socket, String image, boolean plainHttp)
      throws IOException {
    var words =
        new ArrayList<>(
            switch (pull) {
              case CTR -> List.of("ctr", "-a", socket, "image", "pull");
              case CTR_REMOTE -> List.of("ctr-remote", "-a", socket, "image", "rpull");
              case LAZULI -> List.of(launcher, "rpull", "--containerd", socket);
            });
    words.addAll(List.of("--snapshotter", snapshotter));
    if (plainHttp) {
      words.add("--plain-http");
    }
    words.add(image);
    return Command.of(words.toArray(String[]::new)).within(LONG).check();
  }

  /** Returns how tables name this way. */
  String title() {
    var name = snapshotter + " (" + pull.word() + ")";
    return format == usualFormat(snapshotter, pull) ? name : name + ", " + format.word();
  }
}
