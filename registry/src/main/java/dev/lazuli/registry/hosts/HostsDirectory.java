package dev.lazuli.registry.hosts;

import dev.lazuli.registry.model.Text;
import dev.lazuli.registry.model.TlsSettings;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * containerd's {@code certs.d}: a folder for each registry, named {@code host}, {@code host:port}
 * or {@code host_port_}, and {@code _default} for all others. It holds a {@code hosts.toml}, or
 * just certificates as Docker has them: {@code *.crt} authorities, {@code *.cert} with {@code
 * *.key}.
 */
final class HostsDirectory {
  private final Path root;

  HostsDirectory(Path root) {
    this.root = root;
  }

  /** Returns what is configured for a registry; empty if it has no folder. */
  Optional<List<HostsFile.Entry>> find(String registry) throws IOException {
    for (String name : names(registry)) {
      Path folder = root.resolve(name);
      if (Files.isDirectory(folder)) {
        return Optional.of(read(folder));
      }
    }
    return Optional.empty();
  }

  /** Returns what is wrong with any of the folders, each with the file that it is about. */
  List<String> faults() throws IOException {
    var faults = new ArrayList<String>();
    if (!Files.isDirectory(root)) {
      return faults;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path folder : folders) {
        try {
          for (HostsFile.Entry entry : read(folder)) {
            entry.files().stream()
                .filter(file -> !Files.isReadable(file))
                .forEach(file -> faults.add(folder + " names a file that cannot be read: " + file));
          }
        } catch (IOException e) {
          faults.add(String.valueOf(e.getMessage()));
        }
      }
    }
    return faults;
  }

  private static List<String> names(String registry) {
    int colon = registry.lastIndexOf(':');
    boolean hasPort = colon > registry.lastIndexOf(']');
    return hasPort
        ? List.of(
            registry.substring(0, colon) + "_" + registry.substring(colon + 1) + "_",
            registry,
            "_default")
        : List.of(registry, "_default");
  }

  private static List<HostsFile.Entry> read(Path folder) throws IOException {
    Path file = folder.resolve("hosts.toml");
    if (!Files.exists(file)) {
      return List.of(certificates(folder));
    }
    try {
      return HostsFile.parse(Files.readString(file), folder);
    } catch (MalformedInputException e) {
      throw new IOException(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new IOException(folder + ": " + Text.reason(e), e);
    }
  }

  private static HostsFile.Entry certificates(Path folder) throws IOException {
    var authorities = new ArrayList<Path>();
    var identities = new ArrayList<TlsSettings.Identity>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".crt")) {
          authorities.add(file);
        } else if (name.endsWith(".cert")) {
          String stem = name.substring(0, name.length() - ".cert".length());
          identities.add(new TlsSettings.Identity(file, folder.resolve(stem + ".key")));
        }
      }
    }
    authorities.sort(null);
    return new HostsFile.Entry(
        null, RegistryHost.BASE, true, true, false, authorities, identities, Map.of());
  }
}
