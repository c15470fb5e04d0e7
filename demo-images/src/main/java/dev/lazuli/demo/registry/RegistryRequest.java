package dev.lazuli.demo.registry;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a client asked for, as rules for faults see it.
 *
 * @param method {@code GET}, {@code HEAD}, {@code POST}, {@code PATCH} or {@code PUT}
 * @param kind what was asked for
 * @param repository name of the repository, or "" where the path has none
 * @param reference tag or digest, or "" where the path has none
 * @param range the {@code Range} header, if there was one
 */
public record RegistryRequest(
    String method, Kind kind, String repository, String reference, Optional<String> range) {

  /** The kinds of things that a registry is asked for. */
  public enum Kind {
    /** The API's root. */
    PING,
    /** A manifest or index. */
    MANIFEST,
    /** A blob at the registry itself, even if the answer is a redirect. */
    BLOB,
    /** A blob at the second origin, where a redirect led. */
    REDIRECTED_BLOB,
    /** A step of an upload. */
    UPLOAD,
    /** The list of tags. */
    TAGS,
    /** The list of referrers. */
    REFERRERS,
    /** A token. */
    TOKEN,
    /** Any other path. */
    OTHER
  }

  /** Returns a rule for requests of one kind. */
  public static Predicate<RegistryRequest> kind(Kind kind) {
    return request -> request.kind == kind;
  }

  /** Returns a rule for GET requests of blobs, wherever they are sent to. */
  public static Predicate<RegistryRequest> anyBlob() {
    return request -> request.method.equals("GET") && request.isBlob();
  }

  /** Returns a rule for GET requests of one blob, wherever they are sent to. */
  public static Predicate<RegistryRequest> blob(String digest) {
    return anyBlob().and(request -> request.reference.equals(digest));
  }

  private boolean isBlob() {
    return kind == Kind.BLOB || kind == Kind.REDIRECTED_BLOB;
  }

  static RegistryRequest of(String method, RequestTarget target, Optional<String> range) {
    return switch (target) {
      case RequestTarget.Ping() -> new RegistryRequest(method, Kind.PING, "", "", range);
      case RequestTarget.Manifest(var repository, var reference) ->
          new RegistryRequest(method, Kind.MANIFEST, repository, reference, range);
      case RequestTarget.Blob(var repository, var digest) ->
          new RegistryRequest(method, Kind.BLOB, repository, digest, range);
      case RequestTarget.Upload upload ->
          new RegistryRequest(
              method, Kind.UPLOAD, upload.repository(), upload.digest().orElse(""), range);
      case RequestTarget.Tags(var repository) ->
          new RegistryRequest(method, Kind.TAGS, repository, "", range);
      case RequestTarget.Referrers referrers ->
          new RegistryRequest(
              method, Kind.REFERRERS, referrers.repository(), referrers.digest(), range);
      case RequestTarget.Token _ -> new RegistryRequest(method, Kind.TOKEN, "", "", range);
      case RequestTarget.Stored stored ->
          new RegistryRequest(method, Kind.REDIRECTED_BLOB, "", stored.digest(), range);
      case RequestTarget.Unknown _ -> new RegistryRequest(method, Kind.OTHER, "", "", range);
    };
  }
}
