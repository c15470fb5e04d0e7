package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Text;
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

  /** Makes a chain of sources, first one first; chains among them are taken apart. */
  public CredentialChain(List<CredentialsProvider> sources) {
    this.sources = sources.stream().flatMap(source -> source.sources().stream()).toList();
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
      var found = ask(host, () -> source.find(host, reference).stream().toList());
      if (!found.isEmpty()) {
        return Optional.of(found.getFirst());
      }
    }
    return Optional.empty();
  }

  @Override
  public List<Credentials> all(String host, ImageReference reference) {
    return sources.stream()
        .flatMap(source -> ask(host, () -> source.all(host, reference)).stream())
        .distinct()
        .toList();
  }

  @Override
  public void refused(Credentials credentials) {
    sources.forEach(source -> source.refused(credentials));
  }

  @Override
  public void accepted(Credentials credentials, ImageReference reference) {
    sources.forEach(source -> source.accepted(credentials, reference));
  }

  private interface Question {
    List<Credentials> ask() throws IOException;
  }

  private static List<Credentials> ask(String host, Question question) {
    try {
      return question.ask();
    } catch (IOException e) {
      log.warn("cannot use the credentials for {}: {}", host, Text.reason(e));
      return List.of();
    }
  }
}
