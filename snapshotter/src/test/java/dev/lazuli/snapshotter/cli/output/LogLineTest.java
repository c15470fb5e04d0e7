package dev.lazuli.snapshotter.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class LogLineTest {
  private final LoggingEvent event = event("layer mounted", null);

  private static LoggingEvent event(String message, @Nullable Throwable failure) {
    var logger = new LoggerContext().getLogger("dev.lazuli.snapshotter.layers.Mounting");
    var event = new LoggingEvent("", logger, Level.INFO, message, failure, null);
    event.setInstant(Instant.ofEpochMilli(0));
    return event;
  }

  private static String text(LoggingEvent event) {
    var encoder = new TextEncoder(false);
    encoder.start();
    return new String(encoder.encode(event), UTF_8);
  }

  private static String json(LoggingEvent event) {
    return new String(new JsonLineEncoder().encode(event), UTF_8);
  }

  @Test
  void text_hasTimeLevelComponentAndPairs() {
    event.addKeyValuePair(new KeyValuePair("digest", "sha256:ab"));
    event.addKeyValuePair(new KeyValuePair("took", "12 ms"));

    assertThat(text(event))
        .isEqualTo(
            "1970-01-01T00:00:00.000Z INFO  [layers] layer mounted digest=sha256:ab took=\"12"
                + " ms\"\n");
  }

  @Test
  void json_isFlatAndTyped() {
    event.addKeyValuePair(new KeyValuePair("remote-snapshot-prepared", "true"));
    event.addKeyValuePair(new KeyValuePair("bytes", 12L));

    assertThat(json(event))
        .isEqualTo(
            """
            {"time":"1970-01-01T00:00:00Z","level":"info","msg":"layer mounted","component":"layers",\
            "remote-snapshot-prepared":"true","bytes":12}
            """);
  }

  @Test
  void ioFailure_addsItsMessagesOnOneLine() {
    var failure = new IOException("read of layer failed", new IOException("status 416"));

    assertThat(text(event("no mount", failure)))
        .endsWith("no mount error=\"read of layer failed: status 416\"\n")
        .hasLineCount(1);
  }

  @Test
  void defect_bringsItsStackTrace() {
    assertThat(text(event("lost", new IllegalStateException("x")))).contains("\n\tat ");
  }

  @Test
  void controlCharacters_neitherBreakTheLineNorReachTheTerminal() {
    event.addKeyValuePair(new KeyValuePair("reply", "a\nb\u001b[2J\"c"));

    assertThat(text(event)).endsWith("reply=\"a\\nb?[2J\\\"c\"\n").hasLineCount(1);
  }
}
