package dev.lazuli.snapshotter.cli.output;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.lazuli.snapshotter.config.LogFormat;
import dev.lazuli.snapshotter.config.LogLevel;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Sets up the log: to standard error, in one of two formats, from the first event on. Logback finds
 * this class as its configurator, so no configuration file is searched or parsed. Libraries log
 * from WARN on.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String APPENDER = "stderr";

  /** Called by Logback. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    apply(context, LogFormat.TEXT, LogLevel.WARN);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * Replaces format and level of the running process, and brings in the events of {@code
   * java.util.logging}.
   *
   * @param format how events are written
   * @param level the least important events that are written
   */
  public static void configure(LogFormat format, LogLevel level) {
    apply((LoggerContext) LoggerFactory.getILoggerFactory(), format, level);
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  private static void apply(LoggerContext context, LogFormat format, LogLevel level) {
    var encoder =
        switch (format) {
          case TEXT -> new TextEncoder(level.compareTo(LogLevel.DEBUG) <= 0);
          case JSON -> new JsonLineEncoder();
        };
    encoder.setContext(context);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setName(APPENDER);
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();

    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(level == LogLevel.TRACE ? Level.DEBUG : Level.WARN);
    context.getLogger("dev.lazuli").setLevel(Level.toLevel(level.name()));
    // gRPC sets SO_KEEPALIVE on unix sockets, which have none; Netty warns of it each time.
    context.getLogger("io.netty.bootstrap").setLevel(Level.ERROR);
  }
}
