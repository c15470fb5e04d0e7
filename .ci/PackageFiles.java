import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.UUID;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/**
 * What ./package adds to the program: manual pages, made from what {@code --help} says, and a bill
 * of materials (CycloneDX 1.6) of the class path and the Java runtime. {@code PackageFiles.java
 * VERSION EPOCH LIB RUNTIME MAN BILL}. The same input gives the same bytes.
 */
final class PackageFiles {
  private static final int WIDTH = 90;

  private PackageFiles() {}

  public static void main(String[] args) throws Exception {
    var version = args[0];
    var made = Instant.ofEpochSecond(Long.parseLong(args[1]));
    manuals(version, made, Files.createDirectories(Path.of(args[4])));
    Files.writeString(Path.of(args[5]), bill(version, made, Path.of(args[2]), Path.of(args[3])));
  }

  private static void manuals(String version, Instant made, Path directory) throws Exception {
    var type = Class.forName("dev.lazuli.snapshotter.cli.LazuliCommand").getDeclaredConstructor();
    type.setAccessible(true);
    var root = new CommandLine(type.newInstance());
    manual(root, version, made, directory);
    for (var command : root.getSubcommands().values()) {
      if (!command.getCommandSpec().usageMessage().hidden()
          && !command.getCommandName().equals("help")) {
        manual(command, version, made, directory);
      }
    }
  }

  private static void manual(CommandLine command, String version, Instant made, Path directory)
      throws IOException {
    command.setUsageHelpWidth(WIDTH);
    var name = command.getCommandSpec().qualifiedName("-");
    var help = command.getUsageMessage(Ansi.OFF).stripTrailing();
    int usageEnd = help.indexOf("\n", help.indexOf("Usage:"));
    while (usageEnd > 0 && help.startsWith(" ", usageEnd + 1)) {
      usageEnd = help.indexOf("\n", usageEnd + 1);
    }
    var usage = help.substring(0, usageEnd).replaceFirst("Usage: ", "");
    var words = String.join(" ", command.getCommandSpec().usageMessage().description()).formatted();
    int end = words.indexOf(". ");
    var summary = end < 0 ? words : words.substring(0, end);
    var date = made.toString().substring(0, 10);
    Files.writeString(
        directory.resolve(name + ".1"),
        ".TH %s 1 \"%s\" \"Lazuli %s\" \"Lazuli\"\n"
                .formatted(name.toUpperCase(Locale.ROOT), date, version)
            + ".nh\n.ad l\n.SH NAME\n"
            + name.replace("-", "\\-")
            + " \\- "
            + roff(summary.replaceAll("\\.$", ""))
            + "\n"
            + ".SH SYNOPSIS\n.nf\n"
            + roff(usage)
            + "\n.fi\n"
            + ".SH DESCRIPTION\n.nf\n"
            + roff(help.substring(usageEnd + 1))
            + "\n.fi\n"
            + ".SH SEE ALSO\n/usr/share/doc/lazuli\n");
  }

  /** Escapes what troff would take for its own. */
  private static String roff(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replaceAll("(?m)^([.'])", "\\\\&$1");
  }

  private record Component(String group, String name, String version, String digest) {
    String json() {
      var purl = "pkg:maven/%s/%s@%s".formatted(group, name, version);
      return """
      {"type": "library", "bom-ref": "%4$s", "group": "%1$s", "name": "%2$s", "version": "%3$s", "purl": "%4$s",
       "hashes": [{"alg": "SHA-256", "content": "%5$s"}]}\
      """
          .formatted(group, name, version, purl, digest);
    }
  }

  private static String bill(String version, Instant made, Path lib, Path runtime)
      throws Exception {
    var parts = new ArrayList<String>();
    try (Stream<Path> jars = Files.list(lib)) {
      for (var jar : jars.sorted().toList()) {
        parts.add(component(jar).json());
      }
    }
    var release = new Properties();
    try (var input = Files.newBufferedReader(runtime.resolve("release"))) {
      release.load(input);
    }
    parts.add(
        """
        {"type": "platform", "name": "OpenJDK", "version": %s, "description": "the Java runtime that is shipped, by jlink: %s"}\
        """
            .formatted(
                release.getProperty("JAVA_VERSION"),
                release.getProperty("MODULES").replace("\"", "")));
    var components = String.join(",\n  ", parts).indent(2).strip();
    return """
    {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
     "serialNumber": "urn:uuid:%s",
     "metadata": {"timestamp": "%s",
      "component": {"type": "application", "name": "lazuli", "version": "%s"}},
     "components": [
      %s
     ]}
    """
        .formatted(
            UUID.nameUUIDFromBytes((version + components).getBytes(UTF_8)),
            made,
            version,
            components);
  }

  private static Component component(Path jar) throws Exception {
    var digest =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar)));
    try (var content = new JarFile(jar.toFile())) {
      var own =
          content.stream()
              .filter(entry -> entry.getName().matches("META-INF/maven/[^/]+/[^/]+/pom.properties"))
              .toList();
      for (var entry : own) {
        var properties = new Properties();
        try (var input = content.getInputStream(entry)) {
          properties.load(input);
        }
        var id =
            properties.getProperty("artifactId") + "-" + properties.getProperty("version") + ".jar";
        if (own.size() == 1 || id.equals(jar.getFileName().toString())) {
          return new Component(
              properties.getProperty("groupId"),
              properties.getProperty("artifactId"),
              properties.getProperty("version"),
              digest);
        }
      }
    }
    return inRepository(jar, digest);
  }

  /**
   * Finds the coordinates of a jar that does not say them itself by its place in Maven's
   * repository.
   */
  private static Component inRepository(Path jar, String digest) throws IOException {
    var repository =
        Path.of(
            System.getProperty(
                "maven.repo.local", System.getProperty("user.home") + "/.m2/repository"));
    if (jar.getFileName()
        .toString()
        .matches("(cache|demo-images|digest|estargz|fuse-bridge|registry)-[0-9].*")) {
      var id = jar.getFileName().toString().replaceFirst("\\.jar$", "").split("-(?=[0-9])", 2);
      return new Component("dev.lazuli", id[0], id[1], digest);
    }
    List<Path> found;
    try (Stream<Path> files =
        Files.find(repository, 12, (path, _) -> path.endsWith(jar.getFileName()))) {
      found = files.map(repository::relativize).sorted().toList();
    }
    if (found.isEmpty()) {
      throw new IOException(jar + ": neither it nor " + repository + " says its Maven coordinates");
    }
    var place = found.getFirst();
    int names = place.getNameCount();
    return new Component(
        place.subpath(0, names - 3).toString().replace('/', '.'),
        place.getName(names - 3).toString(),
        place.getName(names - 2).toString(),
        digest);
  }
}
