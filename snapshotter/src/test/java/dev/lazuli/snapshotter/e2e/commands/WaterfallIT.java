package dev.lazuli.snapshotter.e2e.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.waterfall.ArrivalReason;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/** The start of a real container, as the daemon tells it afterwards. */
final class WaterfallIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int SIZE = 3_000_000;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static DaemonProcess daemon;
  private static String reference;

  @BeforeAll
  static void pullAndRun() throws IOException {
    var registry = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(new HostFiles().program(Path.of("/bin/sh")).tree())
            .layer(
                new ImageTree()
                    .directory("data")
                    .file("data/read", FileContent.generated(SIZE, 1))
                    .file("data/unread", FileContent.generated(10 * SIZE, 2)))
            .build("latest");
    registry.serve("start", layout);
    reference = registry.host() + "/start:latest";
    daemon =
        BED.closeAtEnd(
            DaemonProcess.start(
                BED.directory().resolve("d"), BED.snapshotterSocket(), "fetch.background=false"));
    daemon.awaitKnownTo(BED.containerd());
    DaemonProcess.lazuli("rpull", "--plain-http", "--snapshotter", "lazuli")
        .with("--containerd", BED.containerd().socket().toString(), reference)
        .within(LONG)
        .check();
    BED.containerd()
        .ctr("run", "--rm", "--snapshotter", "lazuli", reference, "waterfall")
        .with("/bin/sh", "-c", "while read -r line; do :; done < /data/read")
        .within(LONG)
        .check();
  }

  @AfterAll
  static void forget() throws IOException {
    BED.containerd().ctr("image", "rm", "--sync", reference).run();
  }

  private static Command status(String... arguments) {
    return DaemonProcess.lazuli("status", "--state=" + daemon.state()).with(arguments);
  }

  @Test
  void json_tellsWhichFilesReadsWaitedFor() throws IOException {
    var json = status("--json", "--waterfall", reference).check().output();
    var waterfall = JsonMapper.shared().readValue(json, Waterfall.class);

    assertThat(waterfall.image()).isEqualTo(reference);
    assertThat(waterfall.layers())
        .hasSize(2)
        .allMatch(layer -> layer.mountedMicros() >= layer.requestedMicros())
        .allMatch(layer -> layer.droppedEvents() == 0);
    assertThat(waterfall.waits())
        .anyMatch(wait -> wait.file().equals("/data/read") && wait.micros() > 0)
        .noneMatch(wait -> wait.failed() || wait.file().isEmpty());
    // It may have come with the head start, before anybody waited.
    var shell = Path.of("/bin/sh").toRealPath().toString();
    assertThat(waterfall.arrivals()).anyMatch(arrival -> arrival.file().equals(shell));
    var read =
        waterfall.arrivals().stream()
            .filter(arrival -> arrival.file().equals("/data/read"))
            .toList();
    assertThat(read.stream().mapToLong(Waterfall.Arrival::bytes).sum()).isEqualTo(SIZE);
    assertThat(read).anyMatch(arrival -> arrival.source() == ArrivalReason.DEMAND);
    assertThat(read).allMatch(arrival -> waterfall.ranges().get(arrival.range()).bytes() > 0);
  }

  @Test
  void picture_isPlainWhereNobodyWatches() throws IOException {
    // A part of the digest will do, as everywhere.
    var digest = ask().layers().getFirst().digest();

    var picture = status("--waterfall", digest).check().output();

    assertThat(picture)
        .startsWith(reference + "\n")
        .contains(
            "mounted after", "reads that waited", "/data/read", "all here after         not yet")
        .doesNotContain("\u001b");
  }

  private static Waterfall ask() throws IOException {
    return JsonMapper.shared()
        .readValue(status("--json", "--waterfall", reference).check().output(), Waterfall.class);
  }

  @Test
  void page_isWritten() throws IOException {
    var page = BED.directory().resolve("page.html");

    status("--waterfall", reference, "--html", page.toString()).check();

    assertThat(Files.readString(page)).contains("<svg", "/data/read", "</html>");
  }

  @Test
  void unknownImage_isOneLineThatNamesIt() throws IOException {
    var result = status("--waterfall", "registry.test/absent:1").run();

    assertThat(result.exitStatus()).isEqualTo(1);
    assertThat(result.errors().strip()).hasLineCount(1).contains("registry.test/absent:1");
  }
}
