package dev.lazuli.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An HTTP server that sends exactly the bytes a test wants, down to lies and resets. */
final class ScriptedServer implements AutoCloseable {
  /** Answers one request. */
  interface Script {
    void answer(Request request, Reply reply) throws Exception;
  }

  record Request(String method, String target, Map<String, String> headers, String body) {
    @Nullable String header(String name) {
      return headers.get(name.toLowerCase(Locale.ROOT));
    }

    /** Returns the first byte asked for by a Range header. */
    int firstByte() {
      String range = headers.getOrDefault("range", "bytes=0-");
      return Integer.parseInt(range.substring(range.indexOf('=') + 1, range.indexOf('-')));
    }

    String path() {
      return target.split("\\?", 2)[0];
    }
  }

  final List<Request> requests = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();

  private final ServerSocket server;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile Script script;

  ScriptedServer(Script script) throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
  }

  ScriptedServer(ServerSocket server, Script script) {
    this.script = script;
    this.server = server;
    Thread.ofVirtual().start(this::accept);
  }

  void script(Script script) {
    this.script = script;
  }

  int port() {
    return server.getLocalPort();
  }

  String host() {
    return "127.0.0.1:" + port();
  }

  List<String> targets() {
    return requests.stream().map(r -> r.method() + " " + r.target()).toList();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        connections.incrementAndGet();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        Request request = read(in);
        if (request == null) {
          return;
        }
        requests.add(request);
        var reply = new Reply(socket);
        script.answer(request, reply);
        if (reply.ended) {
          return;
        }
      }
    } catch (Exception e) {
      // the client went away
    }
  }

  private static @Nullable Request read(InputStream in) throws IOException {
    String line = line(in);
    if (line == null) {
      return null;
    }
    String[] parts = line.split(" ", 3);
    var headers = new TreeMap<String, String>();
    for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
      int colon = header.indexOf(':');
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    return new Request(parts[0], parts[1], headers, body);
  }

  private static @Nullable String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** What is sent back. */
  static final class Reply {
    private final Socket socket;
    private boolean ended;

    Reply(Socket socket) {
      this.socket = socket;
    }

    /** Sends the head of a response; headers are given as {@code "Name: value"}. */
    void head(int status, String... headers) throws IOException {
      var head = new StringBuilder("HTTP/1.1 " + status + " Text\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      raw(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a whole response with the right Content-Length. */
    void send(int status, byte[] body, String... headers) throws IOException {
      var all = new java.util.ArrayList<>(List.of(headers));
      all.add("Content-Length: " + body.length);
      head(status, all.toArray(String[]::new));
      raw(body);
    }

    void send(int status, String body, String... headers) throws IOException {
      send(status, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    /** Sends the wanted range of {@code blob}, as a good registry does. */
    void range(Request request, byte[] blob) throws IOException {
      String range = request.header("range");
      if (range == null) {
        send(200, blob);
        return;
      }
      String[] ends = range.substring("bytes=".length()).split("-", 2);
      int first = Integer.parseInt(ends[0]);
      int last = Math.min(Integer.parseInt(ends[1]), blob.length - 1);
      send(
          206,
          java.util.Arrays.copyOfRange(blob, first, last + 1),
          "Content-Range: bytes " + first + "-" + last + "/" + blob.length);
    }

    void raw(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    }

    void raw(byte[] bytes, int from, int to) throws IOException {
      socket.getOutputStream().write(bytes, from, to - from);
      socket.getOutputStream().flush();
    }

    /** Answers a CONNECT and joins the connection with one to a port of this machine. */
    void tunnel(int port) throws Exception {
      ended = true;
      try (var far = new Socket(InetAddress.getLoopbackAddress(), port)) {
        raw("HTTP/1.1 200 Connected\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        Thread back = Thread.ofVirtual().start(() -> copy(far, socket));
        copy(socket, far);
        back.join();
      }
    }

    private static void copy(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
        to.shutdownOutput();
      } catch (IOException e) {
        // one of them went away
      }
    }

    /** Ends the connection in order (FIN). */
    void end() throws IOException {
      ended = true;
      socket.close();
    }

    /** Ends the connection with a reset (RST). */
    void reset() throws IOException {
      ended = true;
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
