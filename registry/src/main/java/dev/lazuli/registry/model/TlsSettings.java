package dev.lazuli.registry.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server proves who it is, and who we are to it.
 *
 * @param verify whether the server's certificate is checked; true but for test set-ups
 * @param authorities PEM files trusted besides the system's authorities
 * @param identities certificates shown to a server that asks for one
 */
public record TlsSettings(boolean verify, List<Path> authorities, List<Identity> identities) {
  /** The system's authorities, no certificate of our own. */
  public static final TlsSettings DEFAULT = new TlsSettings(true, List.of(), List.of());

  /** Copies the lists. */
  public TlsSettings {
    authorities = List.copyOf(authorities);
    identities = List.copyOf(identities);
  }

  /** Returns all files that the settings are read from. */
  public List<Path> files() {
    var files = new ArrayList<>(authorities);
    for (Identity identity : identities) {
      files.add(identity.certificate());
      if (identity.key() != null) {
        files.add(identity.key());
      }
    }
    return files;
  }

  /** Returns the settings for another server that this one points to: nothing of ours is shown. */
  public TlsSettings forOtherHost() {
    return identities.isEmpty() ? this : new TlsSettings(verify, authorities, List.of());
  }

  /**
   * A client certificate.
   *
   * @param certificate PEM file of the certificate chain
   * @param key PEM file of the PKCS#8 key; null if it is in {@code certificate}
   */
  public record Identity(Path certificate, @Nullable Path key) {}
}
