package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several sources of credentials, asked in order. A broken source is skipped with a warning: one
 * failing helper must not lock a node out of registries that others know.
 */
public final class CredentialChain implements CredentialsProvider {
  private static final Logger log = LoggerFactory.getLogger(CredentialChain.class);

  private final List<CredentialsProvider> sources;

  /** Makes a chain of sources, first one first. */
  public CredentialChain(List<CredentialsProvider> sources) {
    this.sources = List.copyOf(sources);
  }

  @Override
  public List<CredentialsProvider> sources() {
    return sources;
  }

  @Override
  public String places() {
    return sources.stream()
        .map(CredentialsProvider::places)
        .filter(place -> !place.isEmpty())
        .collect(Collectors.joining(", "));
  }

  @Override
  public Optional<Credentials> find(String host, ImageReference reference) {
    for (CredentialsProvider source : sources) {
      try {
        Optional<Credentials> found = source.find(host, reference);
        if (found.isPresent()) {
          return found;
        }
      } catch (IOException e) {
        log.warn("cannot use the credentials for {}: {}", host, e.getMessage());
      }
    }
    return Optional.empty();
  }
}
