package dev.lazuli.demo.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.demo.registry.Reply.Part;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.util.List;

/** What a read-only registry answers that is open to everybody. */
public final class PullRoutes implements RegistryRoutes {
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";

  private final RegistryContent store;

  /** Answers with what {@code store} holds at the time. */
  public PullRoutes(RegistryContent store) {
    this.store = store;
  }

  @Override
  public RegistryExchange open(IncomingRequest request) {
    return request.isGet() || request.isHead()
        ? RegistryExchange.of(() -> read(request))
        : RegistryExchange.of(
            () ->
                Reply.error(
                    HttpResponseStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED", request.method().name()));
  }

  private Reply read(IncomingRequest request) throws IOException {
    return switch (request.target()) {
      case RequestTarget.Ping() ->
          Reply.json(HttpResponseStatus.OK, "{}".getBytes(UTF_8))
              .with("Docker-Distribution-Api-Version", "registry/2.0");
      case RequestTarget.Manifest(var repository, var reference) ->
          manifest(request, repository, reference);
      case RequestTarget.Blob(var repository, var digest) -> blob(request, repository, digest);
      case RequestTarget.Tags(var repository) -> tags(repository);
      case RequestTarget.Referrers referrers -> referrers(referrers);
      case RequestTarget.Token _, RequestTarget.Stored _, RequestTarget.Upload _ ->
          Reply.notFound("UNSUPPORTED", "images can only be pulled");
      case RequestTarget.Unknown(var path) -> Reply.notFound("UNSUPPORTED", path);
    };
  }

  private Reply blob(IncomingRequest request, String repository, String digest) throws IOException {
    return store
        .blob(digest)
        .map(blob -> BlobReply.of(digest, request.seen(blob), request.range()))
        .orElseGet(() -> Reply.notFound("BLOB_UNKNOWN", repository + " has no " + digest));
  }

  private Reply manifest(IncomingRequest request, String repository, String reference) {
    return store
        .manifest(repository, reference)
        .map(
            manifest ->
                Reply.of(
                        HttpResponseStatus.OK,
                        manifest.mediaType(),
                        List.of(
                            new Part(
                                request.seen(manifest.content()), 0, manifest.content().size())))
                    .with("Docker-Content-Digest", manifest.digest())
                    .with(HttpHeaderNames.ETAG, '"' + manifest.digest() + '"'))
        .orElseGet(() -> Reply.notFound("MANIFEST_UNKNOWN", repository + " has no " + reference));
  }

  private Reply tags(String repository) {
    return store
        .tags(repository)
        .map(
            tags -> {
              var json = RegistryJson.MAPPER.createObjectNode().put("name", repository);
              tags.forEach(json.putArray("tags")::add);
              return Reply.json(HttpResponseStatus.OK, json.toString().getBytes(UTF_8));
            })
        .orElseGet(() -> Reply.notFound("NAME_UNKNOWN", repository));
  }

  private Reply referrers(RequestTarget.Referrers target) {
    var index =
        RegistryJson.MAPPER.createObjectNode().put("schemaVersion", 2).put("mediaType", INDEX);
    var list = index.putArray("manifests");
    for (var manifest : store.referrers(target.repository(), target.digest())) {
      if (target.artifactType().map(manifest.artifactType()::equals).orElse(true)) {
        var item = list.addObject();
        item.put("mediaType", manifest.mediaType()).put("digest", manifest.digest());
        item.put("size", manifest.content().size()).put("artifactType", manifest.artifactType());
        item.set("annotations", manifest.json().path("annotations"));
      }
    }
    var body = List.of(Part.of(index.toString().getBytes(UTF_8)));
    var reply = Reply.of(HttpResponseStatus.OK, INDEX, body);
    return target.artifactType().isPresent()
        ? reply.with("OCI-Filters-Applied", "artifactType")
        : reply;
  }
}
