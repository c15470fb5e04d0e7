package dev.lazuli.snapshotter.node;

import dev.lazuli.bridge.kernel.UnixDatagram;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the daemon is doing, as sd_notify(3) does, if it is one of its services. Safe
 * for use by several threads.
 */
final class ServiceNotice {
  private static final Logger log = LoggerFactory.getLogger(ServiceNotice.class);
  private static final long NANOS_PER_MICRO = 1000;

  private final String socket;
  private final Optional<Duration> watchdog;

  private ServiceNotice(String socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** Returns notices to the service manager that the environment names, or to nobody. */
  static ServiceNotice of(Map<String, String> environment) {
    return new ServiceNotice(environment.getOrDefault("NOTIFY_SOCKET", ""), watchdog(environment));
  }

  /** As sd_watchdog_enabled(3) reads it. */
  private static Optional<Duration> watchdog(Map<String, String> environment) {
    var self = Long.toString(ProcessHandle.current().pid());
    if (!environment.getOrDefault("WATCHDOG_PID", self).equals(self)) {
      return Optional.empty();
    }
    try {
      long micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
      return micros > 0
          ? Optional.of(Duration.ofNanos(Math.multiplyExact(micros, NANOS_PER_MICRO)))
          : Optional.empty();
    } catch (NumberFormatException | ArithmeticException e) {
      log.warn("WATCHDOG_USEC is not a time: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /** Returns whether anybody listens. */
  boolean heard() {
    return !socket.isEmpty();
  }

  /** Returns how often {@link #alive} must be called, if at all. */
  Optional<Duration> watchdog() {
    return heard() ? watchdog : Optional.empty();
  }

  /** Says that calls are served. */
  void ready() {
    send("READY=1\n");
  }

  /** Says that we are about to end. */
  void stopping() {
    send("STOPPING=1\n");
  }

  /** Asks for more time to start or to stop, counted from now. */
  void extend(Duration time) {
    send("EXTEND_TIMEOUT_USEC=" + time.toNanos() / NANOS_PER_MICRO + "\n");
  }

  /** Says that all is well. */
  void alive() {
    send("WATCHDOG=1\n");
  }

  private void send(String state) {
    if (!heard()) {
      return;
    }
    try {
      UnixDatagram.send(socket, state, List.of());
    } catch (IOException e) {
      log.warn("the service manager was not told {}: {}", state.strip(), e.getMessage());
    }
  }
}
