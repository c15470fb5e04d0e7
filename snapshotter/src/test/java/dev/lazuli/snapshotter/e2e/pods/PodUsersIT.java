package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.cri.ExecReply;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pods with {@code hostUsers: false} are as lazy as others, and nothing is copied for them. With
 * containerd 1.7 and 2.1: 1.6 runs such pods as if they had not asked for it.
 */
final class PodUsersIT {
  private static final int FIRST_ID = 400_000;

  /** How often both kinds of pods are timed; zero leaves that out, as other tests disturb it. */
  private static final int ROUNDS = Integer.getInteger("lazuli.pods", 0);

  private static final double NOT_SLOWER = 1.2;

  @ParameterizedTest
  @ValueSource(strings = {"trixie", "forky"})
  void podWithItsOwnUsers_startsFromTheSameLazyLayers(String suite) throws Exception {
    try (var bed = open(suite)) {
      var image = PodImage.push(bed);
      var node = Node.start(bed, "fetch.background=false");
      try (var kubelet = new Kubelet(bed.containerd().socket())) {
        var reference = kubelet.pull(image);
        PodImage.assertLazy(bed, node);
        var logs = Files.createDirectories(bed.directory().resolve("logs"));
        try (var pod = kubelet.startPodOnItsOwn("plain", logs)) {
          PodImage.greet(pod, reference, logs);
        }
        var committed = committed(node);

        try (var pod = kubelet.startPodWithOwnUsers("users", logs, FIRST_ID)) {
          PodImage.greet(pod, reference, logs);
          var server = pod.start("server", reference, "/bin/sleep", "1000");
          assertThat(said(pod.exec(server, "/bin/cat", "/proc/self/uid_map")).split(" +"))
              .containsExactly("0", "" + FIRST_ID, "65536");
          var script = "test -O /greeting && echo mine > /made && test -O /made && cat /made";
          assertThat(said(pod.exec(server, "/bin/sh", "-c", script))).isEqualTo("mine");
        }

        assertThat(node.bytesOnDisk()).isLessThan(PodImage.UNREAD_BYTES);
        assertThat(committed(node)).as("no copy of the image").isEqualTo(committed);
        kubelet.removeImage(reference);
        kubelet.removeImage(bed.containerd().config().sandboxImage());
        node.awaitNothingLeft();
        assertThat(MountTable.below(node.daemon().root().resolve("mapped"))).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"trixie", "forky"})
  void podWithItsOwnUsers_startsAsQuickly(String suite) throws Exception {
    assumeTrue(ROUNDS > 0, "is timed by -Dlazuli.pods=ROUNDS on a quiet machine");
    try (var bed = open(suite)) {
      var image = PodImage.push(bed);
      var node = Node.start(bed, "fetch.background=false");
      var plain = new double[ROUNDS];
      var users = new double[ROUNDS];
      try (var kubelet = new Kubelet(bed.containerd().socket())) {
        for (int round = -1; round < ROUNDS; round++) {
          int slot = Math.max(round, 0); // The first round warms both up.
          plain[slot] = coldStart(bed, node, kubelet, image, false);
          users[slot] = coldStart(bed, node, kubelet, image, true);
        }
      }
      var seen = "plain %s, own users %s".formatted(Arrays.toString(plain), Arrays.toString(users));
      System.err.println(suite + ": seconds from the pod to its container's end: " + seen);
      assertThat(median(users)).as(seen).isLessThan(NOT_SLOWER * median(plain));
    }
  }

  /** Returns the seconds that an image which was just pulled takes from its pod to its end. */
  private static double coldStart(
      ContainerdExtension bed, Node node, Kubelet kubelet, String image, boolean ownUsers)
      throws Exception {
    var reference = kubelet.pull(image);
    var logs = Files.createDirectories(bed.directory().resolve("logs"));
    Files.deleteIfExists(logs.resolve("once.log"));
    long begin = System.nanoTime();
    long end;
    try (var pod =
        ownUsers
            ? kubelet.startPodWithOwnUsers("users", logs, FIRST_ID)
            : kubelet.startPodOnItsOwn("plain", logs)) {
      PodImage.greet(pod, reference, logs);
      end = System.nanoTime();
    }
    kubelet.removeImage(reference);
    node.await("the image is gone", () -> node.mountedLayers().size() <= 1);
    return (end - begin) / 1e9;
  }

  private static double median(double[] values) {
    return Arrays.stream(values).sorted().skip(values.length / 2).findFirst().orElseThrow();
  }

  private static ContainerdExtension open(String suite) throws IOException {
    var programs = NodePrograms.named(suite);
    assumeTrue(programs.obstacle().isEmpty(), () -> programs.obstacle().orElseThrow());
    var bed = new ContainerdExtension(PodNetwork::none, programs);
    bed.open();
    // A container's first process finds its root as a user of the host who owns nothing.
    for (var way : List.of("", "c", "c/state")) {
      Path directory = bed.directory().resolve(way);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    }
    return bed;
  }

  private static String said(ExecReply reply) {
    assertThat(reply.getExitCode()).as(reply.getErrors().toStringUtf8()).isZero();
    return reply.getOutput().toStringUtf8().strip();
  }

  private static List<String> committed(Node node) throws IOException {
    return node.ctr("--namespace", "k8s.io", "snapshot", "--snapshotter", "lazuli", "ls")
        .lines()
        .filter(line -> line.contains("Committed"))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .sorted()
        .toList();
  }
}
