package dev.lazuli.snapshotter.status;

import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What a server answers, by path and method. Complete before the server starts. */
public final class Routes {
  private final Map<String, Handler> gets = new HashMap<>();
  private final Map<String, Handler> posts = new HashMap<>();
  private final Map<String, Door> doors = new HashMap<>();
  private final Map<String, Door> hatches = new HashMap<>();

  /** Answers a GET of {@code path} with content that takes no parameters. */
  public Routes get(String path, Content content) {
    return get(path, _ -> content);
  }

  /** Answers a GET of {@code path}: looks, and changes nothing. */
  public Routes get(String path, Handler handler) {
    gets.put(path, handler);
    return this;
  }

  /** Answers a POST to {@code path}: does something. */
  public Routes post(String path, Handler handler) {
    posts.put(path, handler);
    return this;
  }

  /** Answers what is asked below {@code path}, which ends with a slash. */
  public Routes door(String path, Door door) {
    doors.put(path, door);
    return this;
  }

  /** Answers a POST to {@code path} that brings an authorization. */
  public Routes hatch(String path, Door door) {
    hatches.put(path, door);
    return this;
  }

  /** Returns what answers a request. */
  Handler find(String method, String path, Optional<String> authorization) throws RequestException {
    for (var door : doors.entrySet()) {
      if (path.startsWith(door.getKey()) && (method.equals("GET") || method.equals("HEAD"))) {
        var rest = path.substring(door.getKey().length());
        return query -> door.getValue().answer(rest, query, authorization);
      }
    }
    var hatch = hatches.get(path);
    return hatch != null && method.equals("POST")
        ? query -> hatch.answer("", query, authorization)
        : find(method, path);
  }

  Handler find(String method, String path) throws RequestException {
    var handlers =
        switch (method) {
          case "GET" -> gets;
          case "POST" -> posts;
          default ->
              throw new RequestException(Reason.BAD_REQUEST, "only GET and POST are supported");
        };
    var handler = handlers.get(path);
    if (handler != null) {
      return handler;
    }
    if (gets.containsKey(path) || posts.containsKey(path)) {
      throw new RequestException(
          Reason.METHOD_NOT_ALLOWED,
          path + " does not take " + method + ", try the other of GET and POST");
    }
    throw new RequestException(Reason.NOT_FOUND, "there is nothing at " + path);
  }
}
