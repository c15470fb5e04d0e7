package dev.lazuli.snapshotter.cli.output;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes an event as one flat JSON object in a line. Field names are those of containerd's JSON log
 * ({@code level}, {@code msg}, {@code time}, {@code error}); key-value pairs of the event become
 * fields of the same name.
 */
final class JsonLineEncoder extends EncoderBase<ILoggingEvent> {
  private final JsonFactory json =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  @Override
  public byte[] encode(ILoggingEvent event) {
    var line = new ByteArrayOutputStream(256);
    try (var out = json.createGenerator(ObjectWriteContext.empty(), line)) {
      out.writeStartObject();
      out.writeStringProperty("time", Instant.ofEpochMilli(event.getTimeStamp()).toString());
      out.writeStringProperty("level", levelName(event));
      out.writeStringProperty("msg", event.getFormattedMessage());
      out.writeStringProperty("component", TextEncoder.component(event.getLoggerName()));
      if (event.getKeyValuePairs() != null) {
        for (var pair : event.getKeyValuePairs()) {
          writePair(out, pair.key, pair.value);
        }
      }
      if (event.getThrowableProxy() != null) {
        out.writeStringProperty("error", TextEncoder.messages(event.getThrowableProxy()));
        out.writeStringProperty("stack", ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      out.writeEndObject();
    }
    line.write('\n');
    return line.toByteArray();
  }

  private static String levelName(ILoggingEvent event) {
    var name = event.getLevel().toString().toLowerCase(Locale.ROOT);
    return name.equals("warn") ? "warning" : name;
  }

  private static void writePair(JsonGenerator out, String key, Object value) {
    switch (value) {
      case Integer number -> out.writeNumberProperty(key, number);
      case Long number -> out.writeNumberProperty(key, number);
      case Double number -> out.writeNumberProperty(key, number);
      case Boolean flag -> out.writeBooleanProperty(key, flag);
      case null -> out.writeNullProperty(key);
      default -> out.writeStringProperty(key, value.toString());
    }
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
