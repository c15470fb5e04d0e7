package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/**
 * A key with its certificate.
 *
 * @param key private key
 * @param certificate for the public key
 */
public record KeyWithCertificate(PrivateKey key, X509Certificate certificate) {
  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII));

  /** Returns the certificate as PEM text. */
  public String certificatePem() {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new AssertionError("a certificate that was parsed has an encoding", e);
    }
  }

  /** Returns the private key as PEM text (PKCS #8). */
  public String keyPem() {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  private static String pem(String kind, byte[] bytes) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(kind, LINES.encodeToString(bytes));
  }
}
