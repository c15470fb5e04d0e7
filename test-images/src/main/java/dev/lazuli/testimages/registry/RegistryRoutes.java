package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.testimages.registry.Reply.Part;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a well-behaved registry answers. Confined to the event loop. */
final class RegistryRoutes {
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";

  private final RegistryContent store;
  private final PushRoutes pushes;
  private final AccessGate gate;
  private final SecondOrigin secondOrigin;

  RegistryRoutes(
      RegistryContent store, Uploads uploads, AccessGate gate, SecondOrigin secondOrigin) {
    this.store = store;
    this.pushes = new PushRoutes(store, uploads);
    this.gate = gate;
    this.secondOrigin = secondOrigin;
  }

  RegistryExchange open(IncomingRequest request) {
    if (request.fault() instanceof Fault.Answer(int status, var headers)) {
      return RegistryExchange.of(() -> refusal(status, headers));
    }
    if (request.fault() instanceof Fault.RefuseMultiRange
        && request.range().orElse("").contains(",")) {
      return RegistryExchange.of(() -> refusal(400, Map.of()));
    }
    var refusal = isGuarded(request.target()) ? gate.refusal(request) : Optional.<Reply>empty();
    if (refusal.isPresent()) {
      return RegistryExchange.of(refusal::get);
    }
    return request.isGet() || request.isHead()
        ? RegistryExchange.of(() -> read(request))
        : pushes.open(request);
  }

  private static boolean isGuarded(RequestTarget target) {
    return !(target instanceof RequestTarget.Token || target instanceof RequestTarget.Stored);
  }

  private static Reply refusal(int status, Map<String, String> headers) {
    var reply = Reply.error(HttpResponseStatus.valueOf(status), "UNKNOWN", "injected fault");
    headers.forEach(reply::with);
    return reply;
  }

  private Reply read(IncomingRequest request) throws IOException {
    return switch (request.target()) {
      case RequestTarget.Ping() ->
          Reply.json(HttpResponseStatus.OK, "{}".getBytes(UTF_8))
              .with("Docker-Distribution-Api-Version", "registry/2.0");
      case RequestTarget.Manifest(var repository, var reference) ->
          manifest(request, repository, reference);
      case RequestTarget.Blob(var repository, var digest) -> blob(request, repository, digest);
      case RequestTarget.Token token -> gate.token(request, token);
      case RequestTarget.Stored stored -> secondOrigin.read(request, stored);
      case RequestTarget.Upload upload -> pushes.progress(upload);
      case RequestTarget.Tags(var repository) -> tags(repository);
      case RequestTarget.Referrers referrers -> referrers(referrers);
      case RequestTarget.Unknown(var path) -> notFound("UNSUPPORTED", path);
    };
  }

  private Reply blob(IncomingRequest request, String repository, String digest) throws IOException {
    var blob = store.blob(digest);
    if (blob.isEmpty()) {
      return notFound("BLOB_UNKNOWN", repository + " has no " + digest);
    }
    return secondOrigin.isUsed() && request.isGet()
        ? secondOrigin.redirect(digest)
        : BlobReply.of(digest, request.seen(blob.get()), request.range());
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
        .orElseGet(() -> notFound("MANIFEST_UNKNOWN", repository + " has no " + reference));
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
        .orElseGet(() -> notFound("NAME_UNKNOWN", repository));
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

  static Reply notFound(String code, String what) {
    return Reply.error(HttpResponseStatus.NOT_FOUND, code, what);
  }
}
