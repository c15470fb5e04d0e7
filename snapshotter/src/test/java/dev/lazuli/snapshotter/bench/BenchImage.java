package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.ContainerDefaults;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Images as they are published: a base system, packages, and a small layer of the user's own. The
 * configuration names the program, and where that is usual an entry point script before it.
 */
enum BenchImage {
  PYTHON("python3"),
  JAVA("openjdk-17-jre-headless"),
  GCC("build-essential"),
  NODE("nodejs"),
  NGINX("nginx", FirstAnswer.NGINX),
  REDIS("redis-server", FirstAnswer.REDIS),
  POSTGRES("postgresql", FirstAnswer.POSTGRES),
  SCIKIT_LEARN("python3-sklearn python3-pandas"),
  TENSORFLOW("python3 python3-pip"),
  /** What no head start knows; nothing was tuned with these three. */
  RUBY("ruby"),
  PHP("php-cli"),
  R("r-base-core");

  /** What servers and Node start through, as their published images do. */
  static final String ENTRY_POINT = "/usr/local/bin/docker-entrypoint.sh";

  private final String packages;
  private final Optional<FirstAnswer> answer;

  BenchImage(String packages) {
    this.packages = packages;
    this.answer = Optional.empty();
  }

  BenchImage(String packages, FirstAnswer answer) {
    this.packages = packages;
    this.answer = Optional.of(answer);
  }

  /** Returns the name in repositories, options and tables. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the image with this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static BenchImage parse(String word) {
    return Arrays.stream(values())
        .filter(image -> image.word().equals(word.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no image is called " + word));
  }

  /** Returns the packages of the second layer. */
  List<String> packages() {
    return List.of(packages.split(" ", -1));
  }

  /** Returns what pip installs on top of them. */
  List<String> wheels() {
    return this == TENSORFLOW ? List.of("tensorflow-cpu==2.18.0") : List.of();
  }

  /** Returns shell commands that finish the second layer. */
  List<String> commands() {
    return switch (this) {
      case POSTGRES ->
          List.of(
              "for file in /etc/postgresql/*/main/pg_hba.conf; do"
                  + " echo 'host all all 127.0.0.1/32 trust' >\"$file\"; done");
      case NGINX -> List.of("rm /etc/nginx/sites-enabled/default");
      default -> List.of();
    };
  }

  /** Returns the words that a container is started with; empty: what the image says. */
  List<String> command() {
    return switch (this) {
      case PYTHON -> List.of("python3", "-c", "import json; print(1)");
      case JAVA -> List.of("java", "-Xshare:auto", "-version");
      case GCC -> List.of("sh", "-c", "gcc -o /tmp/hello /app/hello.c && /tmp/hello");
      case NODE -> List.of("node", "/app/index.js");
      case SCIKIT_LEARN -> List.of("python3", "/app/learn.py");
      case TENSORFLOW -> List.of("python3", "/app/tensors.py");
      case RUBY -> List.of("ruby", "-e", "require 'json'; require 'net/http'; puts 1.to_json");
      case PHP -> List.of("php", "-r", "echo json_encode([1]), \"\\n\";");
      case R -> List.of("Rscript", "-e", "cat(mean(c(1, 2, 3)), '\\n')");
      case NGINX, REDIS, POSTGRES -> List.of();
    };
  }

  /** Returns how a server's first answer is had; empty: the program runs to its end. */
  Optional<FirstAnswer> answer() {
    return answer;
  }

  /** Returns the configuration of the image. */
  ContainerDefaults config() {
    var usual = ContainerDefaults.DEFAULT;
    return switch (this) {
      case PYTHON, JAVA, RUBY, PHP, R -> usual.withCommand(command().getFirst());
      case GCC -> usual.withCommand("gcc");
      case NODE -> entered("node");
      case NGINX -> entered("nginx", "-g", "daemon off;");
      case REDIS -> entered("redis-server", "--bind", "127.0.0.1", "--port", port(), "--save", "");
      case POSTGRES ->
          entered("postgres", "-c", "ssl=off", "-h", "127.0.0.1", "-p", port(), "-k", "/tmp");
      case SCIKIT_LEARN, TENSORFLOW -> usual.withCommand(command().toArray(String[]::new));
    };
  }

  private String port() {
    return Integer.toString(answer.orElseThrow().port());
  }

  private static ContainerDefaults entered(String... words) {
    var usual = ContainerDefaults.DEFAULT;
    return new ContainerDefaults(
        List.of(ENTRY_POINT), List.of(words), usual.environment(), usual.workingDirectory());
  }

  /** Returns what the second layer is made from; another text is another layer. */
  String packagesRecipe() {
    return String.join("\n", packages().toString(), wheels().toString(), commands().toString());
  }
}
