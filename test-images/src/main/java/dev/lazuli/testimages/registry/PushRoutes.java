package dev.lazuli.testimages.registry;

import dev.lazuli.demo.registry.Digests;
import dev.lazuli.demo.registry.IncomingRequest;
import dev.lazuli.demo.registry.PullRoutes;
import dev.lazuli.demo.registry.RegistryContent;
import dev.lazuli.demo.registry.RegistryExchange;
import dev.lazuli.demo.registry.RegistryRoutes;
import dev.lazuli.demo.registry.Reply;
import dev.lazuli.demo.registry.RequestTarget;
import dev.lazuli.demo.registry.StoredManifest;
import dev.lazuli.testimages.registry.Uploads.Upload;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import tools.jackson.core.JacksonException;

/**
 * Pushing, as the OCI distribution specification has it: a session is opened by POST, filled by
 * PATCH, closed by PUT; POST alone may carry or mount the whole blob. What is pushed can be pulled.
 * Confined to the event loop.
 */
final class PushRoutes implements RegistryRoutes {
  private static final String DEFAULT_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

  private final RegistryContent store;
  private final Uploads uploads;
  private final PullRoutes pulls;

  PushRoutes(RegistryContent store, Uploads uploads) {
    this.store = store;
    this.pulls = new PullRoutes(store);
    this.uploads = uploads;
  }

  @Override
  public RegistryExchange open(IncomingRequest request) {
    if (request.isGet() || request.isHead()) {
      return request.target() instanceof RequestTarget.Upload upload
          ? RegistryExchange.of(() -> progress(upload))
          : pulls.open(request);
    }
    return switch (request.target()) {
      case RequestTarget.Upload upload -> upload(request.method(), upload);
      case RequestTarget.Manifest manifest when request.method().equals(HttpMethod.PUT) ->
          new ManifestPush(
              manifest, request.headers().get(HttpHeaderNames.CONTENT_TYPE, DEFAULT_MANIFEST_TYPE));
      default ->
          refuse(HttpResponseStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED", request.method().name());
    };
  }

  /** Answers how far an upload has come. */
  private Reply progress(RequestTarget.Upload target) {
    return uploads
        .find(target.session())
        .map(upload -> location(HttpResponseStatus.NO_CONTENT, target.repository(), upload))
        .orElseGet(() -> Reply.notFound("BLOB_UPLOAD_UNKNOWN", target.session()));
  }

  private RegistryExchange upload(HttpMethod method, RequestTarget.Upload target) {
    try {
      if (method.equals(HttpMethod.POST)) {
        var mounted = target.mountedDigest();
        if (mounted.isPresent() && store.blob(mounted.get()).isPresent()) {
          return RegistryExchange.of(() -> created(target.repository(), "blobs", mounted.get()));
        }
        return new BlobPush(target, uploads.start(), method);
      }
      var known = uploads.find(target.session());
      if (known.isPresent() && (method.equals(HttpMethod.PATCH) || method.equals(HttpMethod.PUT))) {
        return new BlobPush(target, known.get(), method);
      }
      return refuse(HttpResponseStatus.NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", target.session());
    } catch (IOException e) {
      return refuse(HttpResponseStatus.INTERNAL_SERVER_ERROR, "UNKNOWN", String.valueOf(e));
    }
  }

  private static RegistryExchange refuse(HttpResponseStatus status, String code, String message) {
    return RegistryExchange.of(() -> Reply.error(status, code, message));
  }

  private static Reply created(String repository, String kind, String digest) {
    return Reply.empty(HttpResponseStatus.CREATED)
        .with(HttpHeaderNames.LOCATION, "/v2/" + repository + "/" + kind + "/" + digest)
        .with("Docker-Content-Digest", digest);
  }

  private static Reply location(HttpResponseStatus status, String repository, Upload upload) {
    return Reply.empty(status)
        .with(HttpHeaderNames.LOCATION, "/v2/" + repository + "/blobs/uploads/" + upload.session())
        .with("Docker-Upload-UUID", upload.session())
        .with(HttpHeaderNames.RANGE, "0-" + Math.max(0, upload.size() - 1));
  }

  /** A blob, or a piece of one. */
  private final class BlobPush implements RegistryExchange {
    private final RequestTarget.Upload target;
    private final Upload upload;
    private final HttpMethod method;

    BlobPush(RequestTarget.Upload target, Upload upload, HttpMethod method) {
      this.target = target;
      this.upload = upload;
      this.method = method;
    }

    @Override
    public void take(ByteBuf content) throws IOException {
      upload.append(content);
    }

    @Override
    public Reply finish() throws IOException {
      if (target.digest().isEmpty()) {
        return method.equals(HttpMethod.PUT)
            ? Reply.error(HttpResponseStatus.BAD_REQUEST, "DIGEST_INVALID", "no digest given")
            : location(HttpResponseStatus.ACCEPTED, target.repository(), upload);
      }
      var digest = target.digest().get();
      var blob = uploads.finish(upload, digest);
      if (blob.isEmpty()) {
        return Reply.error(
            HttpResponseStatus.BAD_REQUEST, "DIGEST_INVALID", "content does not have " + digest);
      }
      store.addBlob(digest, blob.get());
      return created(target.repository(), "blobs", digest);
    }
  }

  /** A manifest or index. */
  private final class ManifestPush implements RegistryExchange {
    private final RequestTarget.Manifest target;
    private final String mediaType;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    ManifestPush(RequestTarget.Manifest target, String mediaType) {
      this.target = target;
      this.mediaType = mediaType;
    }

    @Override
    public void take(ByteBuf content) throws IOException {
      if (bytes.size() <= StoredManifest.MAX_BYTES) {
        content.getBytes(content.readerIndex(), bytes, content.readableBytes());
      }
    }

    @Override
    public Reply finish() {
      if (bytes.size() > StoredManifest.MAX_BYTES) {
        return Reply.error(
            HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "SIZE_INVALID", "more than 4 MiB");
      }
      try {
        return accept(new StoredManifest(mediaType, bytes.toByteArray()));
      } catch (JacksonException e) {
        return Reply.error(
            HttpResponseStatus.BAD_REQUEST, "MANIFEST_INVALID", e.getOriginalMessage());
      }
    }

    private Reply accept(StoredManifest manifest) {
      if (Digests.isDigest(target.reference()) && !target.reference().equals(manifest.digest())) {
        return Reply.error(
            HttpResponseStatus.BAD_REQUEST, "DIGEST_INVALID", "content has " + manifest.digest());
      }
      store.addManifest(target.repository(), target.reference(), manifest);
      var reply = created(target.repository(), "manifests", manifest.digest());
      return manifest.subject().isEmpty() ? reply : reply.with("OCI-Subject", manifest.subject());
    }
  }
}
