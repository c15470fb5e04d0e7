package dev.lazuli.testimages.registry;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/**
 * A certificate authority for tests: issues certificates with P-256 keys for {@code localhost} and
 * {@code 127.0.0.1}. Safe for use by several threads.
 */
public final class TestCa {
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);

  private final X509Bundle identity;

  private TestCa(X509Bundle identity) {
    this.identity = identity;
  }

  /** Creates an authority with a new key. */
  public static TestCa create(String name) {
    var builder =
        named(name, Instant.now().plus(Duration.ofDays(365)))
            .setIsCertificateAuthority(true)
            .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign);
    try {
      return new TestCa(builder.buildSelfSigned());
    } catch (Exception e) {
      throw new AssertionError("every Java runtime has EC keys and X.509", e);
    }
  }

  /** Returns the authority's own certificate, for clients to trust. */
  public X509Certificate certificate() {
    return identity.getCertificate();
  }

  /** Returns a new key with a certificate for servers and clients that is good for a day. */
  public X509Bundle issue(String commonName) {
    return issue(commonName, Instant.now().plus(Duration.ofDays(1)));
  }

  /** Returns a new key with a certificate that is good until {@code end}, even in the past. */
  public X509Bundle issue(String commonName, Instant end) {
    var builder =
        named(commonName, end)
            .setKeyUsage(true, KeyUsage.digitalSignature)
            .addExtendedKeyUsageServerAuth()
            .addExtendedKeyUsageClientAuth()
            .addSanDnsName("localhost")
            .addSanIpAddress("127.0.0.1");
    try {
      return builder.buildIssuedBy(identity);
    } catch (Exception e) {
      throw new AssertionError("every Java runtime has EC keys and X.509", e);
    }
  }

  private static CertificateBuilder named(String commonName, Instant end) {
    var begin = Instant.now().minus(CLOCK_SKEW);
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + commonName)
        .notBefore(begin.isBefore(end) ? begin : end.minus(CLOCK_SKEW))
        .notAfter(end);
  }
}
