package dev.lazuli.snapshotter.cli.input;

import dev.lazuli.snapshotter.config.Units;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes and times on the command line, written as in the configuration file. */
public final class Quantities {
  private Quantities() {}

  /** Bytes, {@code 10GiB}. */
  public static final class OfBytes implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return Units.parseSize(text);
      } catch (IllegalArgumentException e) {
        throw failure(text, "size such as 10GiB", e);
      }
    }
  }

  /** A time, {@code 90s}. */
  public static final class OfTime implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return Units.parseDuration(text);
      } catch (IllegalArgumentException e) {
        throw failure(text, "time such as 90s", e);
      }
    }
  }

  private static TypeConversionException failure(String text, String wanted, Exception cause) {
    var failure = new TypeConversionException("\"" + text + "\" is not a " + wanted);
    failure.initCause(cause);
    return failure;
  }
}
