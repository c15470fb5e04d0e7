package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One credential provider as the kubelet's {@code CredentialProviderConfig} describes it.
 *
 * @param name of the program in the directory of such programs
 * @param images those it is asked for
 * @param cacheDuration how long its answers count where they do not say that themselves
 * @param apiVersion of the request
 * @param forPods whether it wants the service account's token of a pod, which only the kubelet has
 * @see <a
 *     href="https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/">The
 *     kubelet's credential providers</a>
 */
record ProviderSettings(
    String name,
    List<ImageGlob> images,
    Duration cacheDuration,
    String apiVersion,
    List<String> arguments,
    Map<String, String> environment,
    boolean forPods) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final Pattern DURATION = Pattern.compile("(?:[0-9.]+(?:ns|us|µs|ms|s|m|h))+|0");
  private static final Pattern AMOUNT = Pattern.compile("([0-9.]+)(ns|us|µs|ms|s|m|h)");
  private static final Duration LONGEST = Duration.ofDays(1);

  ProviderSettings {
    images = List.copyOf(images);
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  boolean isFor(String image) {
    return images.stream().anyMatch(glob -> glob.matches(image));
  }

  /**
   * Reads a file's text, JSON or YAML.
   *
   * @throws IOException if it makes no sense
   */
  static List<ProviderSettings> parseAll(String document) throws IOException {
    JsonNode root = tree(document);
    if (!root.path("kind").asString("").equals("CredentialProviderConfig")) {
      throw new IOException("not a CredentialProviderConfig");
    }
    var all = new ArrayList<ProviderSettings>();
    for (JsonNode provider : root.path("providers")) {
      all.add(parse(provider));
    }
    return all;
  }

  private static JsonNode tree(String document) throws IOException {
    if (!document.stripLeading().startsWith("{")) {
      return PlainYaml.parse(document);
    }
    try {
      return JsonMapper.shared().readTree(document);
    } catch (JacksonException e) {
      throw new IOException("not JSON", e);
    }
  }

  private static ProviderSettings parse(JsonNode provider) throws IOException {
    String name = provider.path("name").asString("");
    if (!NAME.matcher(name).matches()) {
      throw new IOException("not a credential provider's name: " + Text.quote(name));
    }
    var images = new ArrayList<ImageGlob>();
    provider.path("matchImages").forEach(image -> images.add(ImageGlob.parse(image.asString(""))));
    var arguments = new ArrayList<String>();
    provider.path("args").forEach(argument -> arguments.add(argument.asString("")));
    var environment = new LinkedHashMap<String, String>();
    provider
        .path("env")
        .forEach(
            variable ->
                environment.put(
                    variable.path("name").asString(""), variable.path("value").asString("")));
    return new ProviderSettings(
        name,
        images,
        duration(provider.path("defaultCacheDuration").asString("0")),
        provider.path("apiVersion").asString("credentialprovider.kubelet.k8s.io/v1"),
        arguments,
        environment,
        !provider.path("tokenAttributes").path("serviceAccountTokenAudience").isMissingNode());
  }

  /**
   * Reads a duration as Go writes it, {@code 1h30m0s}.
   *
   * @return at most a day
   * @throws IOException if it is none
   */
  static Duration duration(String text) throws IOException {
    if (!DURATION.matcher(text).matches()) {
      throw new IOException("not a duration: " + Text.quote(text));
    }
    double seconds = 0;
    var amounts = AMOUNT.matcher(text);
    while (amounts.find()) {
      try {
        seconds += new BigDecimal(amounts.group(1)).doubleValue() * seconds(amounts.group(2));
      } catch (NumberFormatException e) {
        throw new IOException("not a duration: " + Text.quote(text), e);
      }
    }
    return seconds > LONGEST.toSeconds() ? LONGEST : Duration.ofMillis((long) (seconds * 1000));
  }

  private static double seconds(String unit) {
    return switch (unit) {
      case "h" -> 3600;
      case "m" -> 60;
      case "s" -> 1;
      case "ms" -> 1e-3;
      case "ns" -> 1e-9;
      default -> 1e-6;
    };
  }
}
