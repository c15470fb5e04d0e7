package dev.lazuli.snapshotter.cli.training;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;

/**
 * The certificate of the training run's registry: self-signed, and made by the keytool that comes
 * with every Java runtime, so that neither a key nor a library that makes one is shipped.
 *
 * @param context for the registry
 * @param pem the certificate, for the daemon to trust
 */
record WarmUpCertificate(SslContext context, String pem) {
  private static final String ALIAS = "warm-up";
  private static final char[] PASSWORD = "changeit".toCharArray();

  /**
   * Makes a certificate for 127.0.0.1.
   *
   * @param directory where the key lies for a moment
   * @throws IOException if keytool is missing or fails; the message has what it printed
   */
  static WarmUpCertificate make(Path directory) throws IOException, InterruptedException {
    var file = directory.resolve("keys");
    var log = directory.resolve("keytool.log");
    try {
      runKeytool(file, log);
      return read(file);
    } catch (GeneralSecurityException e) {
      throw new IOException("keytool's certificate cannot be used", e);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(log);
    }
  }

  private static void runKeytool(Path file, Path log) throws IOException, InterruptedException {
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + ALIAS,
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool: " + Files.readString(log, UTF_8).strip());
    }
  }

  private static WarmUpCertificate read(Path file) throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance(file.toFile(), PASSWORD);
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    var lines = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII));
    var encoded = lines.encodeToString(store.getCertificate(ALIAS).getEncoded());
    return new WarmUpCertificate(
        SslContextBuilder.forServer(keys).sslProvider(SslProvider.JDK).build(),
        "-----BEGIN CERTIFICATE-----\n" + encoded + "\n-----END CERTIFICATE-----\n");
  }
}
