package dev.lazuli.registry;

import dev.lazuli.registry.auth.Authorizer;
import dev.lazuli.registry.auth.Tries;
import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpBody;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.model.ImageReference;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request to one registry host: with the host's headers and authorisation, and on to where
 * the host points. Neither headers nor authorisation ever reach another server; where the host
 * points to itself, they go along.
 */
final class HostRequests {
  /** As Go's clients do. */
  private static final int MAX_HOPS = 10;

  /** One that is old, one that names its scope wrongly, and those of all credentials. */
  private static final int MAX_TOKENS = 2 + Authorizer.MAX_CREDENTIALS;

  private final HttpTransport transport;
  private final Authorizer authorizer;
  private final Redirects redirects = new Redirects();

  HostRequests(HttpTransport transport, Authorizer authorizer) {
    this.transport = transport;
    this.authorizer = authorizer;
  }

  /**
   * Asks once; requests for authorisation and redirects are not counted.
   *
   * @param suffix what follows the repository in the path, with any query
   * @param headers of this request, sent to wherever the host points, too
   */
  HttpReply send(
      HttpMethod method,
      RegistryHost host,
      ImageReference reference,
      String suffix,
      HttpHeaders headers,
      Abort abort)
      throws IOException {
    String path = host.target(reference, suffix);
    var place = new Redirects.Place(method, host.origin(), path);
    var request = new Request(place, host, reference, headers);
    Redirects.Target known = redirects.find(place);
    if (known != null) {
      HttpReply reply = sendToKnown(request, known, abort);
      if (reply != null) {
        return reply;
      }
    }
    HttpReply reply = sendAuthorized(method, host, reference, path, headers, HttpBody.NONE, abort);
    return isRedirect(reply) ? follow(request, reply, abort) : reply;
  }

  /** What is asked for, wherever the host sends us for it. */
  private record Request(
      Redirects.Place place, RegistryHost host, ImageReference reference, HttpHeaders headers) {
    /** What a tag names is not checked against a digest, so it must come over a safe connection. */
    boolean isByTag() {
      int name = place.target().lastIndexOf('/') + 1;
      return place.target().contains("/manifests/") && place.target().indexOf(':', name) < 0;
    }
  }

  /** Returns whose credentials are used to pull; empty if none were wanted lately or are known. */
  Optional<String> credentials(RegistryHost host, ImageReference reference) {
    return authorizer.used(new Authorizer.Place(host, reference, /* push= */ false));
  }

  /**
   * Sends something to a place that the host named for it, once, not counting authorisation.
   * Another server is told neither headers nor authorisation of the host.
   */
  HttpReply push(
      HttpMethod method,
      RegistryHost host,
      ImageReference reference,
      Redirects.Target to,
      HttpHeaders headers,
      HttpBody body,
      Abort abort)
      throws IOException {
    return to.origin().sameServer(host.origin())
        ? sendAuthorized(method, host, reference, to.target(), headers, body, abort)
        : transport.send(new HttpCall(method, to.origin(), to.target(), headers, body), abort);
  }

  /** Forgets the target that a host pointed to. */
  void forgetRedirects(RegistryHost host, ImageReference reference, String suffix) {
    String path = host.target(reference, suffix);
    redirects.forget(new Redirects.Place(HttpMethod.GET, host.origin(), path));
  }

  /** Asks where the registry pointed to last time; null if that no longer works. */
  private @Nullable HttpReply sendToKnown(Request request, Redirects.Target target, Abort abort)
      throws IOException {
    try {
      HttpReply reply = sendTo(request, target, abort);
      if (reply.status() == 200 || reply.status() == 206 || reply.status() == 416) {
        return reply;
      }
      reply.close();
    } catch (IOException e) {
      if (abort.isAborted()) {
        throw e;
      }
    }
    redirects.forget(request.place(), target);
    return null;
  }

  private HttpReply sendAuthorized(
      HttpMethod method,
      RegistryHost host,
      ImageReference reference,
      String path,
      HttpHeaders headers,
      HttpBody body,
      Abort abort)
      throws IOException {
    HttpHeaders all = HttpCall.newHeaders();
    host.headers().forEach(all::add);
    all.setAll(headers);
    boolean configured = all.contains("Authorization");
    var place = new Authorizer.Place(host, reference, HttpCall.isPush(method));
    var tries = new Tries();
    String authorization = configured ? null : authorizer.header(place, tries, abort);
    for (int round = 0; ; round++) {
      if (authorization != null) {
        all.set("Authorization", authorization);
      }
      HttpReply reply = transport.send(new HttpCall(method, host.origin(), path, all, body), abort);
      if (configured || !isWorthAnswering(reply, authorization, round)) {
        if (authorization != null && reply.status() < 400) {
          authorizer.granted(place, authorization);
        }
        return reply;
      }
      // The response is closed first: the token server may be the same host, and its pool full.
      List<String> challenges = reply.headers().getAll("WWW-Authenticate");
      HostFailure refusal = HostFailure.of(reply);
      String next = authorizer.answer(place, challenges, authorization, round > 0, tries, abort);
      if (next == null) {
        throw refusal.explained(authorizer.tried(place));
      }
      authorization = next;
    }
  }

  /** A 401 asks for a token; a 403 may mean that ours is too old, or that others may do more. */
  private static boolean isWorthAnswering(
      HttpReply reply, @Nullable String authorization, int round) {
    return switch (reply.status()) {
      case 401 -> round < MAX_TOKENS;
      case 403 -> authorization != null && round < MAX_TOKENS;
      default -> false;
    };
  }

  /** Goes where the registry points, hop by hop, and remembers the last. */
  private HttpReply follow(Request request, HttpReply first, Abort abort) throws IOException {
    Redirects.Place place = request.place();
    var at = new Redirects.Target(place.origin(), place.target());
    HttpReply reply = first;
    for (int hop = 0; hop < MAX_HOPS; hop++) {
      at = location(reply, at);
      if (request.isByTag() && place.origin().tls() && !at.origin().tls()) {
        throw HostFailure.lasting(reply.status(), "redirect of a tag from https to plain http");
      }
      reply = sendTo(request, at, abort);
      if (!isRedirect(reply)) {
        if (reply.status() < 300) {
          redirects.remember(place, at);
        }
        return reply;
      }
    }
    reply.close();
    throw HostFailure.lasting(reply.status(), "more than " + MAX_HOPS + " redirects");
  }

  private static Redirects.Target location(HttpReply reply, Redirects.Target from)
      throws HostFailure {
    try (reply) {
      String location = reply.headers().get("Location", "");
      if (location.length() > Redirects.MAX_LOCATION) {
        throw HostFailure.lasting(
            reply.status(),
            "redirect to a URL of %d bytes, more than %d"
                .formatted(location.length(), Redirects.MAX_LOCATION));
      }
      return Redirects.Target.of(location, from.origin(), from.target());
    } catch (IllegalArgumentException e) {
      throw HostFailure.lasting(
          reply.status(), "redirect to something other than an http or https URL");
    }
  }

  private HttpReply sendTo(Request request, Redirects.Target target, Abort abort)
      throws IOException {
    HttpMethod method = request.place().method();
    if (target.origin().sameServer(request.host().origin())) {
      return sendAuthorized(
          method,
          request.host(),
          request.reference(),
          target.target(),
          request.headers(),
          HttpBody.NONE,
          abort);
    }
    try {
      return transport
          .send(
              new HttpCall(
                  method, target.origin(), target.target(), request.headers(), HttpBody.NONE),
              abort)
          .redirectedTo(target.origin().authority());
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "redirected to " + target.origin().authority() + ": " + e.getMessage(), e);
    }
  }

  private static boolean isRedirect(HttpReply reply) {
    return switch (reply.status()) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }
}
