package dev.lazuli.registry.credentials;

import java.util.List;

/**
 * A pattern of images as the kubelet's {@code matchImages} has it: {@code *} and {@code ?} stand
 * for parts of one name of the host, which must have as many names; the port must be the same, and
 * the image's path must begin with the pattern's.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/config-api/kubelet-config.v1/#kubelet-config-k8s-io-v1-CredentialProvider">matchImages</a>
 */
record ImageGlob(List<String> host, String port, String path) {
  ImageGlob {
    host = List.copyOf(host);
  }

  /** Reads {@code [scheme://]host[:port][/path]}. */
  static ImageGlob parse(String text) {
    int scheme = text.indexOf("://");
    String place = scheme < 0 ? text : text.substring(scheme + 3);
    int slash = place.indexOf('/');
    String authority = slash < 0 ? place : place.substring(0, slash);
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']');
    return new ImageGlob(
        List.of((hasPort ? authority.substring(0, colon) : authority).split("\\.", -1)),
        hasPort ? authority.substring(colon + 1) : "",
        slash < 0 ? "" : place.substring(slash));
  }

  /**
   * Returns whether it fits an image.
   *
   * @param image {@code host[:port]/repository}
   */
  boolean matches(String image) {
    var target = parse(image);
    if (!port.equals(target.port)
        || host.size() != target.host.size()
        || !target.path.startsWith(path)) {
      return false;
    }
    for (int i = 0; i < host.size(); i++) {
      if (!fits(host.get(i), target.host.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Goes back to the last star alone, so that the time is at most the product of both lengths. */
  private static boolean fits(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int after = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        after = n;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++after;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
