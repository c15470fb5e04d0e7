package dev.lazuli.snapshotter.e2e.packages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.CleanUp;
import dev.lazuli.testimages.containerd.DockerRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A daemon under the systemd of each Debian, installed by {@code node.sh}: what restarts, crashes,
 * hangs, reboots and power cuts cost a container that reads late.
 */
@EnabledIfSystemProperty(
    named = "lazuli.fresh",
    matches = "true",
    disabledReason = "is part of ./verify --nodes")
final class SystemdIT {
  private static final int PARTS = 5;
  private static final int FILES = 80;
  private static final long SEED = 42;

  /** Reads the files of a part, one after the other, and says of each whether it is right. */
  private static final String READER =
      """
      import hashlib, sys, time
      for line in open('/data/sums-' + sys.argv[1]):
          digest, name = line.split()
          with open(name, 'rb') as file:
              print('right' if hashlib.sha256(file.read()).hexdigest() == digest else 'WRONG', flush=True)
          time.sleep(0.02)
      print('read all', flush=True)
      """;

  private static final String READ_A_PART = " part python3 /data/reader.py 1";

  private static final String DROP_INS = "/etc/systemd/system/lazuli.service.d";

  private static final String PROGRAM = "/opt/lazuli.try";

  private static final CleanUp CLEAN_UP = new CleanUp();
  private static Path directory;
  private static BuiltPackages packages;
  private static DockerRegistry registry;
  private static String image;

  @BeforeAll
  static void makePackagesAndImage() throws Exception {
    directory = CLEAN_UP.directory("lz");
    packages = BuiltPackages.make(directory.resolve("packages"));
    registry = CLEAN_UP.open(() -> DockerRegistry.start(directory.resolve("registry")));
    var layout = OciLayout.at(directory.resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(BuiltPackages.python())
            .layer(data())
            .build("late");
    image = registry.push(layout, "late", "late:1");
  }

  private static ImageTree data() throws NoSuchAlgorithmException {
    var random = new Random(SEED);
    var tree = new ImageTree().directory("data");
    for (int part = 1; part <= PARTS; part++) {
      var sums = new StringBuilder();
      for (int file = 0; file < FILES; file++) {
        var bytes = new byte[40_000 + random.nextInt(40_000)];
        random.nextBytes(bytes);
        var name = "data/%d-%d".formatted(part, file);
        tree.file(name, FileContent.of(bytes));
        var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        sums.append(HexFormat.of().formatHex(digest)).append(" /").append(name).append('\n');
      }
      tree.file("data/sums-" + part, sums.toString());
    }
    tree.file("data/reader.py", FileContent.of(READER.getBytes(StandardCharsets.UTF_8)));
    return tree;
  }

  @AfterAll
  static void cleanUp() throws IOException {
    CLEAN_UP.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie", "forky"})
  void daemonUnderSystemd_losesNoReadAndNoImage_whateverHappensToIt(String suite)
      throws IOException {
    try (var system = FreshSystem.copy(suite, directory)) {
      install(system);

      var first = startReader(system, 1);
      system.check("systemctl restart lazuli");
      finish(system, first);
      assertThat(system.check("systemctl show lazuli --property=NFileDescriptorStore"))
          .contains("=2");

      var second = startReader(system, 2);
      system.check("systemctl kill --signal=KILL lazuli");
      finish(system, second);

      var third = startReader(system, 3);
      system.check("kill -STOP $(systemctl show lazuli --property=MainPID --value)");
      finish(system, third);
      assertThat(system.check("systemctl show lazuli --property=NRestarts --value").strip())
          .isEqualTo("2");

      var cut = startReader(system, 4);
      system.cutPower();
      system.boot();
      assertThat(Files.readString(log(system, cut))).doesNotContain("WRONG");
      finish(system, startReader(system, 5));
      system.shutDown();
      system.boot();
      for (int part = 1; part <= PARTS; part++) {
        finish(system, startReader(system, part));
      }

      assertThat(
              system.run("su nobody -s /bin/sh -c 'ls /var/lib/lazuli /run/lazuli'").exitStatus())
          .isNotZero();
      leave(system);
    }
  }

  /** What {@code kubernetes.yaml} has each node run, without a cluster around it. */
  @ParameterizedTest
  @ValueSource(strings = {"trixie", "forky"})
  void podOfTheImage_installsOnItsNode_andTakesItBack(String suite) throws IOException {
    try (var system = FreshSystem.copy(suite, directory)) {
      Files.copy(packages.named(".tar"), system.root().resolve("root/image.tar"));
      Files.createDirectory(system.root().resolve("root/config"));
      Files.writeString(
          system.root().resolve("root/config/config.toml"), "[proof]\nenabled = false\n");
      system.boot();
      system.check("ctr image import /root/image.tar");

      runPod(system, "install");
      system.check("lazuli rpull " + image);
      assertThat(system.check("ctr run --rm --snapshotter lazuli " + image + READ_A_PART))
          .endsWith("read all\n");
      assertThat(system.check("lazuli doctor")).doesNotContain("PROBLEM");

      runPod(system, "leave");
      assertThat(system.check("ctr run --rm " + image + READ_A_PART)).endsWith("read all\n");
      runPod(system, "remove");
      assertThat(system.run("ls -d /opt/lazuli* /var/lib/lazuli /run/lazuli").output()).isEmpty();
      assertThat(system.run("grep lazuli /etc/containerd/config.toml").output()).isEmpty();
    }
  }

  private static void runPod(FreshSystem system, String task) throws IOException {
    system.check(
        """
        ctr run --detach --privileged --with-ns pid:/proc/1/ns/pid --log-uri file:///root/pod.log \
          --mount type=bind,src=/,dst=/host,options=rbind:rw \
          --mount type=bind,src=/root/config,dst=/config,options=rbind:ro \
          docker.io/library/lazuli:0.2.0 pod /pod.sh %s
        until ctr task exec --exec-id "try-$(date +%%s%%N)" pod test -f /tmp/done; do
          # containerd may be starting again just now.
          if tasks=$(ctr task ls); then
            echo "$tasks" | grep -q '^pod .*RUNNING' || { cat /root/pod.log; exit 1; }
          fi
          sleep 0.3
        done
        ctr task kill pod
        while ctr task ls | grep -q '^pod .*RUNNING'; do sleep 0.1; done
        ctr container rm pod
        """
            .formatted(task));
  }

  private static void install(FreshSystem system) throws IOException {
    var place = Files.createDirectories(system.root().resolve(PROGRAM.substring(1)));
    Command.of("tar", "-xf", packages.named(".tar.gz").toString(), "--strip-components=1")
        .with("-C", place.toString())
        .check();
    Files.writeString(
        system.root().resolve("root/lazuli.toml"),
        """
        [fetch]
        background = false
        [prefetch]
        enabled = false
        [proof]
        enabled = false
        """);
    var extra = system.root().resolve(DROP_INS.substring(1)).resolve("test.conf");
    Files.createDirectories(extra.getParent());
    Files.writeString(extra, "[Service]\nWatchdogSec=8\nTimeoutAbortSec=1\n");
    system.boot();
    system.check(PROGRAM + "/dist/node.sh install /root/lazuli.toml");
    system.check("lazuli rpull " + image);
  }

  /** Starts a container that reads a part, and waits until it is in the middle of it. */
  private static String startReader(FreshSystem system, int part) throws IOException {
    var name = "part-%d-%d".formatted(part, System.nanoTime());
    system.check(
        """
        : >/root/%1$s.log
        ctr run --detach --log-uri file:///root/%1$s.log --snapshotter lazuli %2$s %1$s \\
          python3 /data/reader.py %3$d
        until [ "$(wc -l </root/%1$s.log)" -ge 10 ]; do sleep 0.05; done
        """
            .formatted(name, image, part));
    return name;
  }

  private static Path log(FreshSystem system, String container) {
    return system.root().resolve("root").resolve(container + ".log");
  }

  /** Waits until a container has ended: it must have read everything, and only what is right. */
  private static void finish(FreshSystem system, String container) throws IOException {
    system.check(
        "while ctr task ls | grep -q '^%s .*RUNNING'; do sleep 0.1; done".formatted(container));
    var said = Files.readString(log(system, container));
    assertThat(said).as(container).doesNotContain("WRONG").endsWith("read all\n");
    assertThat(said.lines().filter("right"::equals)).hasSize(FILES);
    system.check("ctr container rm " + container);
  }

  /** Takes it all away again. */
  private static void leave(FreshSystem system) throws IOException {
    system.check("ctr container ls -q | xargs -r -n 1 ctr container rm");
    system.check(PROGRAM + "/dist/node.sh leave");
    assertThat(system.check("ctr run --rm " + image + READ_A_PART)).endsWith("read all\n");
    system.check(PROGRAM + "/dist/node.sh remove");
    var left =
        system.check(
            "find / -xdev -name '*lazuli*' ! -path '/proc/*' ! -path '/root/*' ! -path '%s*'"
                .formatted(PROGRAM));
    assertThat(left.strip()).isEqualTo(DROP_INS);
    assertThat(system.run("grep lazuli /etc/containerd/config.toml").output()).isEmpty();
  }
}
