package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A certificate authority for tests: issues X.509 version 3 certificates (RFC 5280) with P-256 keys
 * for {@code localhost} and {@code 127.0.0.1}. Safe for use by several threads.
 */
public final class TestCa {
  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  private static final String COMMON_NAME = "2.5.4.3";
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final byte[] TRUE = Der.value(Der.BOOLEAN, new byte[] {(byte) 0xff});
  private static final byte CERT_AND_CRL_SIGN = 0x06;
  private static final byte DIGITAL_SIGNATURE = (byte) 0x80;
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private final String name;
  private final KeyWithCertificate identity;
  private final AtomicLong serial = new AtomicLong(1);

  private TestCa(String name) throws GeneralSecurityException {
    this.name = name;
    var keys = newKeys();
    var extensions =
        Der.sequence(
            extension(BASIC_CONSTRAINTS, TRUE, Der.sequence(TRUE)),
            extension(KEY_USAGE, TRUE, Der.bits(1, new byte[] {CERT_AND_CRL_SIGN})));
    var end = Instant.now().plus(Duration.ofDays(365));
    this.identity =
        new KeyWithCertificate(keys.getPrivate(), certificate(name, keys, keys, end, extensions));
  }

  /** Creates an authority with a new key. */
  public static TestCa create(String name) {
    try {
      return new TestCa(name);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java runtime has EC keys and X.509", e);
    }
  }

  /** Returns the authority's own certificate, for clients to trust. */
  public X509Certificate certificate() {
    return identity.certificate();
  }

  /** Returns the authority's own certificate as PEM text. */
  public String pem() {
    return identity.certificatePem();
  }

  /** Returns a new key with a certificate for servers and clients that is good for a day. */
  public KeyWithCertificate issue(String commonName) {
    return issue(commonName, Instant.now().plus(Duration.ofDays(1)));
  }

  /** Returns a new key with a certificate that is good until {@code end}, even in the past. */
  public KeyWithCertificate issue(String commonName, Instant end) {
    try {
      var keys = newKeys();
      var signer = new KeyPair(identity.certificate().getPublicKey(), identity.key());
      return new KeyWithCertificate(
          keys.getPrivate(), certificate(commonName, keys, signer, end, leafExtensions()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java runtime has EC keys and X.509", e);
    }
  }

  private static byte[] leafExtensions() {
    var names =
        Der.sequence(
            Der.value(Der.CONTEXT + 2, "localhost".getBytes(US_ASCII)),
            Der.value(Der.CONTEXT + 7, InetAddress.ofLiteral("127.0.0.1").getAddress()));
    return Der.sequence(
        extension(KEY_USAGE, TRUE, Der.bits(7, new byte[] {DIGITAL_SIGNATURE})),
        extension(
            EXTENDED_KEY_USAGE,
            new byte[0],
            Der.sequence(Der.oid(SERVER_AUTH), Der.oid(CLIENT_AUTH))),
        extension(SUBJECT_ALTERNATIVE_NAME, new byte[0], names));
  }

  private X509Certificate certificate(
      String subject, KeyPair keys, KeyPair signer, Instant end, byte[] extensions)
      throws GeneralSecurityException {
    var algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
    var begin = Instant.now().minus(CLOCK_SKEW);
    var body =
        Der.sequence(
            Der.value(Der.CONTEXT + Der.EXPLICIT, Der.integer(BigInteger.TWO)), // version 3
            Der.integer(BigInteger.valueOf(serial.getAndIncrement())),
            algorithm,
            name(name),
            Der.sequence(time(begin.isBefore(end) ? begin : end.minus(CLOCK_SKEW)), time(end)),
            name(subject),
            keys.getPublic().getEncoded(),
            Der.value(Der.CONTEXT + Der.EXPLICIT + 3, extensions));
    var signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(signer.getPrivate());
    signature.update(body);
    var encoded = Der.sequence(body, algorithm, Der.bits(0, signature.sign()));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(encoded));
  }

  private static byte[] extension(String oid, byte[] critical, byte[] content) {
    return Der.sequence(Der.oid(oid), critical, Der.value(Der.OCTET_STRING, content));
  }

  private static byte[] name(String commonName) {
    var text = Der.value(Der.UTF8_STRING, commonName.getBytes(UTF_8));
    return Der.sequence(Der.value(Der.SET, Der.sequence(Der.oid(COMMON_NAME), text)));
  }

  private static byte[] time(Instant instant) {
    return Der.value(Der.UTC_TIME, UTC_TIME.format(instant).getBytes(US_ASCII));
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }
}
