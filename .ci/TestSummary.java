import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Ends a run of ./verify: lists the tests that were skipped and why, then counts them all, by module and in sum. {@code
 * TestSummary.java ROOT CI}; with CI true, fails when a test was skipped that .ci/may-skip does not list.
 */
final class TestSummary {
  private record Counts(int run, int failures, int errors, int skipped) {
    Counts plus(Counts other) {
      return new Counts(
          run + other.run, failures + other.failures, errors + other.errors, skipped + other.skipped);
    }

    @Override
    public String toString() {
      return "Tests run: %d, Failures: %d, Errors: %d, Skipped: %d".formatted(run, failures, errors, skipped);
    }
  }

  private record Skip(String test, String reason) {}

  private TestSummary() {}

  public static void main(String[] args) throws Exception {
    var root = Path.of(args[0]);
    var modules = new LinkedHashMap<String, Counts>();
    var skips = new ArrayList<Skip>();
    for (var report : reports(root)) {
      var suite =
          DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile()).getDocumentElement();
      var counts =
          new Counts(
              count(suite, "tests"), count(suite, "failures"), count(suite, "errors"), count(suite, "skipped"));
      modules.merge(root.relativize(report).getName(0).toString(), counts, Counts::plus);
      skips.addAll(skips(suite));
    }
    boolean refused = printSkips(skips, args[1].equals("true"), mayBeSkipped(root));
    print(modules);
    if (modules.isEmpty() || refused) {
      System.exit(1);
    }
  }

  private static List<Path> reports(Path root) throws IOException {
    try (Stream<Path> files = Files.find(root, 4, (path, _) -> path.toString().endsWith(".xml"))) {
      return files
          .filter(path -> path.getParent().getFileName().toString().matches("(surefire|failsafe)-reports"))
          .filter(path -> path.getFileName().toString().startsWith("TEST-"))
          .sorted()
          .toList();
    }
  }

  private static int count(Element suite, String attribute) {
    var text = suite.getAttribute(attribute);
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  private static List<Skip> skips(Element suite) {
    var skips = new ArrayList<Skip>();
    var skipped = suite.getElementsByTagName("skipped");
    for (int i = 0; i < skipped.getLength(); i++) {
      var element = (Element) skipped.item(i);
      var test = (Element) element.getParentNode();
      var name = test.getAttribute("name").replaceFirst("[({].*", "");
      var type = test.getAttribute("classname").replaceFirst(".*\\.", "");
      var reason = element.getAttribute("message").replaceFirst("^Assumption failed: ", "").strip();
      skips.add(new Skip(name.isEmpty() ? type : type + "." + name, reason.isEmpty() ? "no reason given" : reason));
    }
    return skips;
  }

  private static List<Pattern> mayBeSkipped(Path root) throws IOException {
    return Files.readAllLines(root.resolve(".ci/may-skip")).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> Pattern.compile(line.split("\t", 2)[0]))
        .toList();
  }

  /** Returns whether a test was skipped that should have run. */
  private static boolean printSkips(List<Skip> skips, boolean ci, List<Pattern> mayBeSkipped) {
    boolean refused = false;
    if (!skips.isEmpty()) {
      System.out.println("\nSkipped tests:");
    }
    for (var skip : skips.stream().distinct().toList()) {
      boolean allowed = !ci || mayBeSkipped.stream().anyMatch(test -> test.matcher(skip.test()).matches());
      System.out.println("  " + skip.test() + ": " + skip.reason() + (allowed ? "" : "  <- must run in CI"));
      refused |= !allowed;
    }
    return refused;
  }

  private static void print(Map<String, Counts> modules) {
    System.out.println();
    var sum = new Counts(0, 0, 0, 0);
    for (var module : modules.entrySet()) {
      System.out.printf("%-12s %s%n", module.getKey(), module.getValue());
      sum = sum.plus(module.getValue());
    }
    System.out.println(sum);
  }
}
