package dev.lazuli.snapshotter.e2e.pods;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What docs/install.md says of clients and containerds: each client that is here pulls, and is lazy
 * or not as the table has it for this containerd.
 */
final class ClientsIT {
  private static final Pattern ROW = Pattern.compile("\\| (.+?) \\| (.+?) \\| (.+?) \\|");

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static Node node;
  private static String image;

  private interface Pull {
    void of(String reference) throws Exception;
  }

  @BeforeAll
  static void start() throws IOException {
    image = PodImage.push(BED);
    node = Node.start(BED, "fetch.background=false", "bulk.enabled=false");
  }

  @Test
  void eachClient_isLazyAsTheDocumentSays() throws Exception {
    var table = table();
    var pulls = new LinkedHashMap<String, Pull>();
    pulls.put("`lazuli rpull`", reference -> node.rpull(reference).check());
    pulls.put("`ctr-remote`", reference -> node.ctrRemotePull(reference).check());
    pulls.put(
        "`ctr image pull`",
        reference ->
            node.ctr("image", "pull", "--plain-http", "--snapshotter", "lazuli", reference));
    pulls.put("CRI (Kubernetes, `crictl`)", ClientsIT::pullByCri);
    assertThat(table).containsKeys(pulls.keySet().toArray(String[]::new));

    for (var pull : pulls.entrySet()) {
      var claim = requireNonNull(table.get(pull.getKey()));
      if (claim.equals("yes") || claim.startsWith("yes, ") || claim.startsWith("no: ")) {
        pull.getValue().of(image);
        assertThat(isLazy())
            .as(pull.getKey() + " is said to be lazy: " + claim)
            .isEqualTo(claim.startsWith("yes"));
        node.removeAllImages("--namespace", "k8s.io");
        node.removeAllImages("--namespace", "default");
        node.awaitNothingLeft();
      }
    }
  }

  private static void pullByCri(String reference) throws Exception {
    try (var kubelet = new Kubelet(BED.containerd().socket())) {
      var _ = kubelet.pull(reference);
    }
  }

  private static boolean isLazy() throws IOException {
    return node.mountedLayers().stream().filter(path -> path.toString().endsWith(".lazy")).count()
        == PodImage.LAYERS;
  }

  /** Returns what the table says for this containerd, by client. */
  private static Map<String, String> table() throws IOException {
    int column = NodePrograms.chosen().isSecond() ? 3 : 2;
    var text = Files.readString(Path.of("../docs/install.md"));
    var lines = text.substring(text.indexOf("| Client | 1.6, 1.7 | 2.1 and newer |")).lines();
    var cells = new LinkedHashMap<String, String>();
    for (var line : lines.takeWhile(row -> row.startsWith("|")).skip(2).toList()) {
      var row = ROW.matcher(line);
      assertThat(row.matches()).as(line).isTrue();
      cells.put(row.group(1), row.group(column));
    }
    return cells;
  }
}
