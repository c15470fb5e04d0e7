package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import java.util.Map;
import java.util.TreeMap;

/**
 * The small layer that users put on top: their program, and what layers of all the world have in
 * them: setuid, capabilities and other attributes, hard links, a pipe, whiteouts, an opaque
 * directory, names that are not ASCII, an empty file and one that does not compress.
 */
final class OwnLayer {
  private static final int INCOMPRESSIBLE = 5_000_000;

  /** Version 2 with the effective bit, {@code cap_net_bind_service}; see capabilities(7). */
  private static final byte[] CAPABILITY = {
    1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private static final String ENTRY_POINT =
      """
      #!/bin/sh
      set -e
      if [ "$1" = postgres ]; then
        shift
        set -- /usr/lib/postgresql/*/bin/postgres "$@"
        set -- setpriv --reuid=postgres --regid=postgres --init-groups "$@" \
          -c config_file="$(echo /etc/postgresql/*/main/postgresql.conf)"
      fi
      exec "$@"
      """;

  private static final String LEARN =
      """
      import numpy, pandas
      from sklearn.linear_model import LinearRegression
      table = pandas.DataFrame({"x": numpy.arange(20), "y": 2 * numpy.arange(20) + 1})
      print(LinearRegression().fit(table[["x"]], table["y"]).coef_)
      """;

  private static final String TENSORS =
      """
      import tensorflow
      print(tensorflow.reduce_sum(tensorflow.ones((8, 8))).numpy())
      """;

  private static final String HELLO =
      """
      #include <stdio.h>
      int main(void) { puts("hello"); return 0; }
      """;

  private static final String INDEX =
      """
      const http = require("http");
      console.log(typeof http.createServer);
      """;

  private final BenchImage image;

  OwnLayer(BenchImage image) {
    this.image = image;
  }

  /** Returns the files of text that belong to the program. */
  Map<String, String> texts() {
    var texts = new TreeMap<String, String>();
    texts.put(BenchImage.ENTRY_POINT.substring(1), ENTRY_POINT);
    texts.put("app/name", image.word() + "\n");
    switch (image) {
      case GCC -> texts.put("app/hello.c", HELLO);
      case NODE -> texts.put("app/index.js", INDEX);
      case SCIKIT_LEARN -> texts.put("app/learn.py", LEARN);
      case TENSORFLOW -> texts.put("app/tensors.py", TENSORS);
      case NGINX -> texts.put("etc/nginx/conf.d/bench.conf", server(FirstAnswer.NGINX.port()));
      default -> {}
    }
    return texts;
  }

  private static String server(int port) {
    return """
    server {
      listen 127.0.0.1:%d;
      root /app;
    }
    """
        .formatted(port);
  }

  /** Returns what the layer is made from, but for what all of them have. */
  String recipe() {
    return texts().toString();
  }

  /** Returns the layer. */
  ImageTree tree() {
    var tree = new ImageTree().directory("app").directory("app/data");
    texts().forEach((path, text) -> tree.file(path, text).mode(0755));
    tree.file("app/data/empty", "");
    tree.file("app/data/noise", FileContent.generated(INCOMPRESSIBLE, image.word().hashCode()));
    tree.file("app/data/r\u00e9sum\u00e9 \u65e5\u672c\u8a9e.txt", "text\n");
    tree.file("app/helper", "#!/bin/sh\nexec id -u\n").mode(04755);
    tree.file("app/server", "#!/bin/sh\n").mode(0755).xattr("security.capability", CAPABILITY);
    tree.file("app/labelled", "text\n").owner(1000, 1000).xattr("user.origin", new byte[] {1, 2});
    tree.hardLink("app/labelled too", "app/labelled");
    tree.fifo("app/pipe").owner(1000, 1000);
    tree.symlink("app/current", "data");
    tree.directory("var/cache").whiteout("var/cache/debconf");
    tree.directory("usr/share/bug").opaque("usr/share/bug");
    return tree;
  }
}
