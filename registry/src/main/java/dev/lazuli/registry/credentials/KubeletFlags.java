package dev.lazuli.registry.credentials;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where this node's kubelet has its credential providers: what the flags of the running one say,
 * otherwise those in the files that services read flags from, or the places of distributions.
 *
 * @param config a CredentialProviderConfig, or a directory of some
 * @param programs directory of the programs that it names
 */
record KubeletFlags(Path config, Path programs) {
  private static final String CONFIG = "--image-credential-provider-config";
  private static final String PROGRAMS = "--image-credential-provider-bin-dir";

  /** Programs that are a kubelet or have one inside. */
  private static final List<String> KUBELETS = List.of("kubelet", "k3s", "rke2", "hyperkube");

  private static final List<String> FLAG_FILES =
      List.of(
          "/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet", "/etc/sysconfig/kubelet");

  /** Configuration and programs, as EKS, AKS, GKE and k3s have them. */
  private static final List<KubeletFlags> PLACES =
      List.of(
          new KubeletFlags(
              Path.of("/etc/eks/image-credential-provider/config.json"),
              Path.of("/etc/eks/image-credential-provider")),
          new KubeletFlags(
              Path.of("/var/lib/kubelet/credential-provider-config.yaml"),
              Path.of("/var/lib/kubelet/credential-provider")),
          new KubeletFlags(
              Path.of("/etc/srv/kubernetes/cri_auth_config.yaml"), Path.of("/home/kubernetes/bin")),
          new KubeletFlags(
              Path.of("/var/lib/rancher/credentialprovider/config.yaml"),
              Path.of("/var/lib/rancher/credentialprovider/bin")));

  private static final int MAX_FLAGS = 256 << 10;

  /**
   * Looks for them.
   *
   * @param root below which all files are looked for: {@code /}
   */
  static Optional<KubeletFlags> find(Path root) {
    return running(root)
        .or(() -> fromFiles(root))
        .or(
            () ->
                PLACES.stream()
                    .map(place -> place.below(root))
                    .filter(place -> Files.exists(place.config))
                    .findFirst());
  }

  /**
   * Returns the flags of a kubelet of this very mount namespace, run by root or by our own user: a
   * container can give a process any name, and must not choose what runs here.
   */
  private static Optional<KubeletFlags> running(Path root) {
    Path processes = root.resolve("proc");
    try (var directories = Files.newDirectoryStream(processes, "[0-9]*")) {
      var self = processes.resolve("self");
      var here = Files.readSymbolicLink(self.resolve("ns/mnt"));
      var owners = new HashSet<>(List.of(0, Files.getAttribute(self, "unix:uid")));
      for (Path process : directories) {
        var flags = flags(process, here, owners);
        if (flags.isPresent()) {
          return parse(root, flags.get());
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What cannot be looked at is not found there.
    }
    return Optional.empty();
  }

  private static Optional<List<String>> flags(Path process, Path namespace, Set<?> owners) {
    try {
      var words = words(process.resolve("cmdline"));
      boolean is =
          !words.isEmpty()
              && KUBELETS.contains(String.valueOf(Path.of(words.getFirst()).getFileName()))
              && Files.readSymbolicLink(process.resolve("ns/mnt")).equals(namespace)
              && owners.contains(Files.getAttribute(process, "unix:uid"));
      return is ? Optional.of(words) : Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // It has ended, or its name is not a path.
    }
  }

  private static List<String> words(Path commandLine) throws IOException {
    try (var in = Files.newInputStream(commandLine)) {
      var text = new String(in.readNBytes(MAX_FLAGS), StandardCharsets.UTF_8);
      return Arrays.asList(text.split("\0", -1));
    }
  }

  private static Optional<KubeletFlags> fromFiles(Path root) {
    var words = new ArrayList<String>();
    for (String file : FLAG_FILES) {
      try (var in = Files.newInputStream(below(root, Path.of(file)))) {
        var text = new String(in.readNBytes(MAX_FLAGS), StandardCharsets.UTF_8);
        words.addAll(Arrays.asList(text.split("[\\s\"']+", -1)));
      } catch (IOException e) {
        // There need be none.
      }
    }
    return parse(root, words);
  }

  private static Optional<KubeletFlags> parse(Path root, List<String> words) {
    String config = value(words, CONFIG);
    String programs = value(words, PROGRAMS);
    return config.isEmpty() || programs.isEmpty()
        ? Optional.empty()
        : Optional.of(new KubeletFlags(Path.of(config), Path.of(programs)).below(root));
  }

  /** Returns a flag's value, whether it follows a {@code =} or is a word of its own. */
  private static String value(List<String> words, String flag) {
    for (int i = 0; i < words.size(); i++) {
      int name = words.get(i).indexOf(flag);
      if (name >= 0 && words.get(i).length() == name + flag.length() && i + 1 < words.size()) {
        return words.get(i + 1);
      }
      if (name >= 0 && words.get(i).startsWith("=", name + flag.length())) {
        return words.get(i).substring(name + flag.length() + 1);
      }
    }
    return "";
  }

  private KubeletFlags below(Path root) {
    return new KubeletFlags(below(root, config), below(root, programs));
  }

  private static Path below(Path root, Path path) {
    return root.resolve(Path.of("/").relativize(path.toAbsolutePath()));
  }
}
