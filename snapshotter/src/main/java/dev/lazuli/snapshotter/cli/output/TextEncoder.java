package dev.lazuli.snapshotter.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.encoder.EncoderBase;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Writes an event as one line: time, level, the part of Lazuli that speaks, message, {@code
 * key=value} pairs. An I/O failure adds its messages to the line; its stack trace is logged only at
 * debug level, that of a defect always.
 */
final class TextEncoder extends EncoderBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final ThrowableProxyConverter stackTrace = new ThrowableProxyConverter();
  private final boolean alwaysStackTrace;

  TextEncoder(boolean alwaysStackTrace) {
    this.alwaysStackTrace = alwaysStackTrace;
  }

  @Override
  public void start() {
    stackTrace.start();
    super.start();
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    var line = new StringBuilder(160);
    TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    line.append(' ').append(event.getLevel());
    line.repeat(' ', 6 - event.getLevel().toString().length());
    line.append('[').append(component(event.getLoggerName())).append("] ");
    appendOneLine(line, event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      for (var pair : event.getKeyValuePairs()) {
        appendPair(line, pair.key, String.valueOf(pair.value));
      }
    }
    var failure = event.getThrowableProxy();
    if (failure != null) {
      appendPair(line, "error", messages(failure));
    }
    line.append('\n');
    if (failure != null && (alwaysStackTrace || isDefect(failure))) {
      line.append(stackTrace.convert(event));
    }
    return line.toString().getBytes(UTF_8);
  }

  /** Returns the last package name of a class of ours, the class name of others. */
  static String component(String logger) {
    int end = logger.lastIndexOf('.');
    if (!logger.startsWith("dev.lazuli.")) {
      return logger.substring(end + 1);
    }
    return logger.substring(logger.lastIndexOf('.', end - 1) + 1, end);
  }

  /** Returns the messages of a failure and its causes, each once. */
  static String messages(IThrowableProxy failure) {
    var text = new StringBuilder();
    int depth = 0;
    for (IThrowableProxy cause = failure; cause != null && depth < 8; cause = cause.getCause()) {
      var message = cause.getMessage() == null ? cause.getClassName() : cause.getMessage();
      if (text.indexOf(message) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(message);
      }
      depth++;
    }
    return text.toString();
  }

  private static boolean isDefect(IThrowableProxy failure) {
    return failure instanceof ThrowableProxy proxy
        && !(proxy.getThrowable() instanceof IOException)
        && (proxy.getThrowable() instanceof RuntimeException
            || proxy.getThrowable() instanceof Error);
  }

  private static void appendPair(StringBuilder line, String key, String value) {
    line.append(' ').append(key).append('=');
    boolean plain = !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c != '"' && c < 127);
    if (plain) {
      line.append(value);
      return;
    }
    line.append('"');
    appendOneLine(line, value.replace("\\", "\\\\").replace("\"", "\\\""));
    line.append('"');
  }

  /**
   * Keeps an event on its line and the terminal in its state, whatever a registry wrote into a
   * message.
   */
  private static void appendOneLine(StringBuilder line, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        line.append("\\n");
      } else if (Character.isISOControl(c)) {
        line.append('?');
      } else {
        line.append(c);
      }
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
