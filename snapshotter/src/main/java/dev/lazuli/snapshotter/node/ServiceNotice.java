package dev.lazuli.snapshotter.node;

import dev.lazuli.bridge.kernel.UnixDatagram;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells systemd how we are, as sd_notify(3) does, where we are one of its services. */
final class ServiceNotice {
  private static final Logger log = LoggerFactory.getLogger(ServiceNotice.class);

  private ServiceNotice() {}

  /** Says that calls are served. */
  static void ready() {
    notify("READY=1\n");
  }

  /** Says that we are about to end. */
  static void stopping() {
    notify("STOPPING=1\n");
  }

  private static void notify(String state) {
    var socket = System.getenv("NOTIFY_SOCKET");
    if (socket == null || socket.isEmpty()) {
      return;
    }
    try {
      UnixDatagram.send(socket, state, List.of());
    } catch (IOException e) {
      log.warn("the service manager was not told {}: {}", state.strip(), e.getMessage());
    }
  }
}
