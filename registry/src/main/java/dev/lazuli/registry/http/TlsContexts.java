package dev.lazuli.registry.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.model.TlsSettings;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * TLS contexts by their settings, made once for each state of the files that the settings name.
 * Safe for any thread.
 */
final class TlsContexts {
  private static final int MAX_CONTEXTS = 256;
  private static final String NAMED = ", named by hosts.toml or registry.ca_files";
  private static final Duration REST = Duration.ofHours(1);

  private record Key(TlsSettings settings, FileStamps files) {}

  private final Cache<Key, SslContext> contexts =
      Caffeine.newBuilder().maximumSize(MAX_CONTEXTS).expireAfterAccess(REST).build();

  /** Returns the context for {@code settings}; an unreadable certificate file is an IOException. */
  SslContext of(TlsSettings settings) throws IOException {
    var key = new Key(settings, FileStamps.of(settings.files()));
    SslContext known = contexts.getIfPresent(key);
    if (known != null) {
      return known;
    }
    SslContext made = make(settings);
    contexts.put(key, made);
    return made;
  }

  private static SslContext make(TlsSettings settings) throws IOException {
    try {
      var builder =
          SslContextBuilder.forClient()
              .endpointIdentificationAlgorithm(settings.verify() ? "HTTPS" : null);
      if (!settings.verify()) {
        builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
      } else if (!settings.authorities().isEmpty()) {
        builder.trustManager(trust(settings));
      }
      // The first identity is shown; TLS lets the server name the authorities it takes, but a host
      // has one certificate for us in practice.
      for (TlsSettings.Identity identity : settings.identities().stream().limit(1).toList()) {
        Path key = identity.key() == null ? identity.certificate() : identity.key();
        builder.keyManager(identity.certificate().toFile(), key.toFile());
      }
      return builder.build();
    } catch (NoSuchFileException e) {
      throw new IOException("TLS set-up failed: no such file: " + e.getFile() + NAMED, e);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("TLS set-up failed: " + e.getMessage() + NAMED, e);
    }
  }

  private static TrustManagerFactory trust(TlsSettings settings)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int count = 0;
    for (X509Certificate certificate : systemAuthorities()) {
      store.setCertificateEntry("system-" + count++, certificate);
    }
    var parser = CertificateFactory.getInstance("X.509");
    for (Path file : settings.authorities()) {
      try (InputStream in = Files.newInputStream(file)) {
        for (var certificate : parser.generateCertificates(in)) {
          store.setCertificateEntry("file-" + count++, certificate);
        }
      }
    }
    return factory(store);
  }

  private static X509Certificate[] systemAuthorities() throws GeneralSecurityException {
    for (var manager : factory(null).getTrustManagers()) {
      if (manager instanceof X509TrustManager system) {
        return system.getAcceptedIssuers();
      }
    }
    return new X509Certificate[0];
  }

  @SuppressWarnings("NullAway") // a null store means the system's
  private static TrustManagerFactory factory(@org.jspecify.annotations.Nullable KeyStore store)
      throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }
}
