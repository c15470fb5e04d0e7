package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.UnixDatagram;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * systemd's store of descriptors: {@code FDSTORE=1} of sd_notify(3) puts one in, {@code LISTEN_FDS}
 * of sd_listen_fds(3) brings them back to the unit's next process.
 */
final class ServiceManagerKeeper implements Keeper {
  private static final int FIRST_DESCRIPTOR = 3;

  private final Map<String, String> environment;
  private final String notifySocket;
  private Map<String, FileDescriptor> kept = new LinkedHashMap<>();

  ServiceManagerKeeper(Map<String, String> environment, String notifySocket) {
    this.environment = environment;
    this.notifySocket = notifySocket;
  }

  @Override
  public Map<String, FileDescriptor> take() throws IOException {
    var taken = new HashMap<String, FileDescriptor>();
    if (!isForUs()) {
      return taken;
    }
    String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
    int count = number("LISTEN_FDS");
    for (int i = 0; i < Math.min(count, names.length); i++) {
      // The rest are sockets that systemd listens on for us, or somebody else's.
      if (KeptConnection.isKept(names[i])) {
        FileDescriptor descriptor = FileDescriptor.own(FIRST_DESCRIPTOR + i);
        descriptor.closeOnExec();
        taken.put(names[i], descriptor);
      }
    }
    kept = new LinkedHashMap<>(taken);
    return taken;
  }

  @Override
  public void keep(Map<String, FileDescriptor> descriptors) throws IOException {
    for (String name : List.copyOf(kept.keySet())) {
      if (!descriptors.containsKey(name)) {
        remove(name);
      }
    }
    for (var entry : descriptors.entrySet()) {
      String name = entry.getKey();
      if (!entry.getValue().equals(kept.get(name))) {
        remove(name);
        UnixDatagram.send(
            notifySocket, "FDSTORE=1\nFDNAME=" + name + "\n", List.of(entry.getValue()));
        kept.put(name, entry.getValue());
      }
    }
  }

  @Override
  public void release() throws IOException {
    keep(Map.of());
  }

  private void remove(String name) throws IOException {
    if (kept.remove(name) != null) {
      UnixDatagram.send(notifySocket, "FDSTOREREMOVE=1\nFDNAME=" + name + "\n", List.of());
    }
  }

  private boolean isForUs() throws IOException {
    return environment.containsKey("LISTEN_PID")
        && number("LISTEN_PID") == ProcessHandle.current().pid();
  }

  private int number(String variable) throws IOException {
    String value = environment.getOrDefault(variable, "");
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IOException(variable + "=" + value + ": a number is expected", e);
    }
  }
}
