package dev.lazuli.snapshotter.e2e.packages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.CleanUp;
import dev.lazuli.testimages.containerd.DockerRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the README promises to who has a Debian just installed: its own lines are run there, from
 * the package to a container. Then the package goes, under a container that runs.
 */
@EnabledIfSystemProperty(
    named = "lazuli.fresh",
    matches = "true",
    disabledReason = "is part of ./verify --nodes")
final class PackageIT {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern README_LINES =
      Pattern.compile("## On a node\n.*?```sh\n(.*?)\n\n(.*?)\n\n(.*?)\n```", Pattern.DOTALL);
  private static final String README_IMAGE = "docker.io/library/python:3-slim";

  private static final CleanUp CLEAN_UP = new CleanUp();
  private static Path directory;
  private static BuiltPackages packages;
  private static String image;

  @BeforeAll
  static void makePackageAndImage() throws IOException {
    directory = CLEAN_UP.directory("lz");
    packages = BuiltPackages.make(directory.resolve("packages"));
    var registry = CLEAN_UP.open(() -> DockerRegistry.start(directory.resolve("registry")));
    var layout = OciLayout.at(directory.resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(BuiltPackages.python())
            .build("python");
    image = registry.push(layout, "python", "python:3-lazy");
  }

  @AfterAll
  static void cleanUp() throws IOException {
    CLEAN_UP.close();
  }

  @ParameterizedTest
  @CsvSource({"bookworm,containerd-1.toml", "trixie,containerd-1.toml", "forky,containerd-2.toml"})
  void readme_leadsFromNothingToALazyContainer_andThePackageLeavesNothing(
      String suite, String configuration) throws IOException {
    var lines = README_LINES.matcher(Files.readString(CHECKOUT.resolve("README.md")));
    assertThat(lines.find()).isTrue();
    try (var system = FreshSystem.copy(suite, directory)) {
      giveCheckout(system);
      system.boot();

      var run =
          system.run(
              SCRIPT
                  .replace("%INSTALL%", lines.group(1))
                  .replace(
                      "%CONFIGURE%", lines.group(2).replace("containerd-2.toml", configuration))
                  .replace("%RUN%", lines.group(3).replace(README_IMAGE, image))
                  .replace("%IMAGE%", image));

      var said = run.output() + "\n" + run.errors();
      assertThat(run.exitStatus()).as(said).isZero();
      assertThat(said)
          .contains(image + ": 1 of 1 layers mounted", "\nPython 3.")
          .contains("lazuli: 1 containers run on images of Lazuli")
          .contains("still reads after the removal", "still reads after the purge")
          .doesNotContain("PROBLEM")
          .contains("overlayfs has the image again");
    }
  }

  /** A checkout in which ./package was run. */
  private static void giveCheckout(FreshSystem system) throws IOException {
    var target = Files.createDirectories(system.root().resolve("root/checkout/target"));
    Command.of("cp", "--recursive", packages.directory().toString(), target.toString()).check();
  }

  private static final String SCRIPT =
      """
      cd /root/checkout
      %INSTALL%
      systemd-analyze verify --man=no /usr/lib/systemd/system/lazuli.service 2>&1 | { ! grep -i lazuli; }
      cp /etc/containerd/config.toml /root/config.toml
      %CONFIGURE%
      { %RUN%; } || exit 1
      lazuli doctor

      lazuli fetch %IMAGE%
      until lazuli status | grep -q erofs-local; do sleep 0.2; done
      ctr run --detach --snapshotter lazuli %IMAGE% runs python3 -c 'import time; time.sleep(1000)'
      reads() { ctr task exec --exec-id "$1" runs python3 -c "import json, calendar; print('still reads after the $1')"; }
      apt remove lazuli
      reads removal
      dpkg --status lazuli | grep config-files
      apt purge lazuli
      reads purge
      left=$(find / -xdev ! -path '/root/*' ! -path '/proc/*' -name '*lazuli*' ! -name lazuli.log)
      [ -z "$left" ] || { echo "left behind: $left"; exit 1; }
      mounts=$(grep -E ' /(run|var/lib)/lazuli' /proc/self/mountinfo) && { echo "left behind: $mounts"; exit 1; }
      ! grep -l lazuli /proc/[0-9]*/comm || exit 1

      ctr task kill --signal KILL runs
      while ctr task ls | grep -q RUNNING; do sleep 0.1; done
      cp /root/config.toml /etc/containerd/config.toml
      systemctl restart containerd
      ctr container rm --keep-snapshot runs
      ctr image pull --plain-http %IMAGE% >/dev/null
      ctr run --rm %IMAGE% whole python3 -c "print('overlayfs has the image again')"
      """;
}
