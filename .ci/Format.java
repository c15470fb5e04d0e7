import com.google.googlejavaformat.java.Main;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Checks or rewrites the layout of every Java file: {@code Format.java check|write ROOT}. A program of its own, because
 * google-java-format parses with the JDK it runs on and Maven's may be older than the sources.
 */
final class Format {
  private Format() {}

  public static void main(String[] args) throws Exception {
    var write = args[0].equals("write");
    var command = new ArrayList<String>(write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    try (Stream<Path> files = Files.walk(Path.of(args[1]))) {
      files
          .filter(file -> file.toString().endsWith(".java") && file.toString().contains("/src/"))
          .filter(file -> !file.toString().contains("/target/"))
          .map(Path::toString)
          .sorted()
          .forEach(command::add);
    }
    var formatter =
        new Main(new PrintWriter(System.out, true), new PrintWriter(System.err, true), System.in);
    int status = formatter.format(command.toArray(new String[0]));
    if (status != 0 && !write) {
      System.err.println("The files above are not formatted; this formats them: ./verify --format");
    }
    System.exit(status);
  }
}
