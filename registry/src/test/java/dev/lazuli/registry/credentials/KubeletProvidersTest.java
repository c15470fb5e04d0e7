package dev.lazuli.registry.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubeletProvidersTest {
  private static final ImageReference IMAGE = ImageReference.parse("reg.example/team/app:1");
  private static final String HOST = "reg.example";
  private static final String CONFIG =
      """
      apiVersion: kubelet.config.k8s.io/v1
      kind: CredentialProviderConfig
      providers:
        - name: cloud
          matchImages: ["*.example"]
          defaultCacheDuration: 1h
          apiVersion: credentialprovider.kubelet.k8s.io/v1
          args: [get]
          env:
            - name: REGION
              value: moon
      """;

  @TempDir Path root;
  private final AtomicLong now = new AtomicLong(1);
  private KubeletProviders providers;

  @BeforeEach
  void setUp() throws IOException {
    providers = new KubeletProviders(root, Map.of("PATH", "/usr/bin:/bin", "HOME", "/h"), now::get);
    config("etc/kubernetes/providers.yaml", CONFIG);
    write("var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--v=2 " + flags() + "\"\n");
    answers("'auth':{'*.example':{'username':'u','password':'p'}},'cacheKeyType':'Registry'");
  }

  private static String flags() {
    return "--image-credential-provider-bin-dir /opt/bin"
        + " --image-credential-provider-config=/etc/kubernetes/providers.yaml";
  }

  private void write(String path, String text) throws IOException {
    var file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void config(String path, String text) throws IOException {
    write(path, text);
    Files.setPosixFilePermissions(root.resolve(path), PosixFilePermissions.fromString("rw-r--r--"));
  }

  private void program(String script) throws IOException {
    write("opt/bin/cloud", "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(
        root.resolve("opt/bin/cloud"), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void answers(String fields) throws IOException {
    program(
        "echo asked >>%s; cat >%s; env >>%s; echo \"$@\" >>%s; echo '{%s}'"
            .formatted(
                root.resolve("count"),
                root.resolve("input"),
                root.resolve("input"),
                root.resolve("input"),
                ("'kind':'CredentialProviderResponse'," + fields).replace('\'', '"')));
  }

  private int asked() throws IOException {
    var count = root.resolve("count");
    return Files.exists(count) ? Files.readAllLines(count).size() : 0;
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  @Timeout(60)
  void whoWaitsForAnothersQuestion_canBeInterrupted() throws Exception {
    program(
        "echo asked >%s; while [ ! -e %s ]; do sleep 0.1; done; echo '{}'"
            .formatted(root.resolve("count"), root.resolve("go")));
    var first = Thread.ofVirtual().start(() -> find(new AtomicReference<>()));
    Eventually.until(() -> asked() > 0);
    var failure = new AtomicReference<IOException>();

    var second = Thread.ofVirtual().start(() -> find(failure));
    second.interrupt();
    second.join();

    assertThat(failure.get()).isInstanceOf(InterruptedIOException.class);
    Files.createFile(root.resolve("go"));
    first.join();
  }

  private void find(AtomicReference<IOException> failure) {
    try {
      var _ = providers.find(HOST, IMAGE);
    } catch (IOException e) {
      failure.set(e);
    }
  }

  @Test
  void programOfTheKubelet_isAskedAsTheKubeletDoes() throws IOException {
    assertThat(providers.find(HOST, IMAGE)).contains(Credentials.password("u", "p"));

    assertThat(Files.readString(root.resolve("input")))
        .startsWith(
            """
            {'kind':'CredentialProviderRequest',\
            'apiVersion':'credentialprovider.kubelet.k8s.io/v1','image':'reg.example/team/app'}
            """
                .replace('\'', '"'))
        .contains("REGION=moon\n", "HOME=/h\n")
        .endsWith("get\n");
    assertThat(providers.find(HOST, IMAGE).orElseThrow().describe())
        .isEqualTo("user \"u\" of the kubelet's credential provider cloud");
    assertThat(providers.places())
        .endsWith("the kubelet's " + root + "/etc/kubernetes/providers.yaml");
    assertThat(providers.find("other.host", IMAGE)).isEmpty();
  }

  @Test
  void answer_countsAsLongAsItSays_andIsRenewedBefore() throws IOException {
    answers(
        "'auth':{'reg.example':{'username':'u','password':'p'}},'cacheDuration':'20m0s',"
            + "'cacheKeyType':'Registry'");
    var _ = providers.find(HOST, IMAGE);
    pass(Duration.ofMinutes(14));
    var _ = providers.find(HOST, ImageReference.parse("reg.example/other:1"));
    assertThat(asked()).isOne();

    pass(Duration.ofMinutes(2));
    answers("'auth':{'reg.example':{'username':'u','password':'new'}}");
    assertThat(providers.find(HOST, IMAGE)).contains(Credentials.password("u", "new"));
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void programThatFails_leavesWhatItSaidToItsEnd() throws IOException {
    var _ = providers.find(HOST, IMAGE);
    program("exit 3");
    pass(Duration.ofMinutes(50));
    assertThat(providers.find(HOST, IMAGE)).contains(Credentials.password("u", "p"));

    pass(Duration.ofMinutes(11));
    assertThatThrownBy(() -> providers.find(HOST, IMAGE))
        .hasMessage("credential provider cloud failed for reg.example/team/app: exit status 3");
  }

  @Test
  void refusedCredentials_areAskedForAnew_butNotAtOnce() throws IOException {
    var old = providers.find(HOST, IMAGE).orElseThrow();
    providers.refused(old);
    var _ = providers.find(HOST, IMAGE);
    assertThat(asked()).isOne();

    pass(Duration.ofSeconds(11));
    providers.refused(Credentials.password("somebody", "else"));
    var _ = providers.find(HOST, IMAGE);
    assertThat(asked()).isOne();

    providers.refused(old);
    var _ = providers.find(HOST, IMAGE);
    assertThat(asked()).isEqualTo(2);
  }

  @Test
  void allThatFit_areGiven_theLongestNameFirst() throws IOException {
    answers(
        "'auth':{'*.example':{'username':'a','password':'1'},"
            + "'reg.example/team':{'username':'b','password':'2'},"
            + "'reg.example/other':{'username':'c','password':'3'}}");

    assertThat(providers.all(HOST, IMAGE))
        .containsExactly(Credentials.password("b", "2"), Credentials.password("a", "1"));
  }

  @Test
  void runningKubelet_countsBeforeFiles_onlyIfItIsOneOfThisNode() throws IOException {
    config("own.json", "{\"kind\":\"CredentialProviderConfig\",\"providers\":[]}");
    process("self", "mnt:[1]", "java");
    process("7", "mnt:[2]", "/usr/bin/kubelet", "--image-credential-provider-config=/nowhere");
    process(
        "8",
        "mnt:[1]",
        "/usr/bin/kubelet",
        "--image-credential-provider-config",
        "/own.json",
        "--image-credential-provider-bin-dir=/opt/bin");

    assertThat(providers.find(HOST, IMAGE)).isEmpty();
    assertThat(providers.places()).isEqualTo("the kubelet's " + root + "/own.json");
  }

  private void process(String id, String namespace, String... words) throws IOException {
    write("proc/" + id + "/cmdline", String.join("\0", words) + "\0");
    var namespaces = Files.createDirectories(root.resolve("proc/" + id + "/ns"));
    Files.createSymbolicLink(namespaces.resolve("mnt"), Path.of(namespace));
  }

  @Test
  void nodeWithoutKubelet_knowsNothing() throws IOException {
    Files.delete(root.resolve("var/lib/kubelet/kubeadm-flags.env"));

    assertThat(providers.find(HOST, IMAGE)).isEmpty();
    assertThat(providers.places()).isEmpty();
  }

  @Test
  void configurationThatChanges_countsAfterHalfAMinute() throws IOException {
    var _ = providers.find(HOST, IMAGE);
    config("etc/kubernetes/providers.yaml", CONFIG.replace("*.example", "*.elsewhere"));
    pass(Duration.ofSeconds(31));

    assertThat(providers.find(HOST, IMAGE)).isEmpty();
  }

  @Test
  void providerForTheTokensOfPods_isLeftToTheKubelet() throws IOException {
    config(
        "etc/kubernetes/providers.yaml",
        CONFIG + "    tokenAttributes:\n      serviceAccountTokenAudience: x\n");

    assertThat(providers.find(HOST, IMAGE)).isEmpty();
    assertThat(asked()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"etc/kubernetes/providers.yaml", "opt/bin/cloud"})
  void whatAnybodyMayChange_isNotUsed(String path) throws IOException {
    Files.setPosixFilePermissions(root.resolve(path), PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThatThrownBy(() -> providers.find(HOST, IMAGE))
        .hasMessageEndingWith(path + " can be changed by anybody, so it is not used");
    assertThat(asked()).isZero();
  }

  @Test
  void nameThatLeadsElsewhere_isRefused() throws IOException {
    config("etc/kubernetes/providers.yaml", CONFIG.replace("cloud", "../../bin/sh"));

    assertThatThrownBy(() -> providers.find(HOST, IMAGE))
        .hasMessageContaining("providers.yaml: not a credential provider's name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"12h", "90m", "1h30m0s", "1.5h", "250ms", "0", "9999999h"})
  void durations_areThoseOfGo(String text) throws IOException {
    var expected =
        switch (text) {
          case "12h" -> Duration.ofHours(12);
          case "250ms" -> Duration.ofMillis(250);
          case "0" -> Duration.ZERO;
          case "9999999h" -> Duration.ofDays(1);
          default -> Duration.ofMinutes(90);
        };

    assertThat(ProviderSettings.duration(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "-1s", "1.2.3s", "1y"})
  void otherDurations_areRefused(String text) {
    assertThatThrownBy(() -> ProviderSettings.duration(text))
        .hasMessageContaining("not a duration");
  }
}
