package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandedOverTest {
  private static final ImageReference IMAGE = ImageReference.parse("reg.example/team/app:1");
  private static final int MOST = 40;
  private static final Credentials A = HandedOver.secret("a", "p: \n1");
  private static final Credentials B = HandedOver.secret("b", "2");

  @TempDir Path directory;
  private Path file;
  private HandedOver secrets;

  @BeforeEach
  void setUp() {
    file = directory.resolve("secrets");
    secrets = HandedOver.open(file, MOST);
  }

  @Test
  void latestComesFirst_andAllOutliveTheProcess() throws IOException {
    secrets.remember("reg.example", "team/app", A);
    secrets.remember("reg.example", "team/app", B);
    assertThat(secrets.all("reg.example", IMAGE)).containsExactly(B, A);

    assertThat(HandedOver.open(file, MOST).all("reg.example", IMAGE)).containsExactly(B, A);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void secret_isForItsRepositoryAtItsRegistryAlone() {
    secrets.remember("reg.example", "team/app", A);

    assertThat(secrets.find("mirror.example", IMAGE)).isEmpty();
    assertThat(secrets.find("reg.example", ImageReference.parse("reg.example/team/b:1"))).isEmpty();
    secrets.remember("docker.io", "library/app", B);
    assertThat(secrets.find("registry-1.docker.io", ImageReference.parse("app"))).contains(B);
  }

  @Test
  void refusedSecret_comesAfterOthers() {
    secrets.remember("reg.example", "team/app", A);
    secrets.remember("reg.example", "team/app", B);

    secrets.refused(B);

    assertThat(secrets.all("reg.example", IMAGE)).containsExactly(A, B);
  }

  @Test
  void count_isBounded() {
    for (int i = 0; i < 10; i++) {
      secrets.remember("reg.example", "team/app", HandedOver.secret("u" + i, "p"));
    }
    for (int i = 0; i < MOST; i++) {
      secrets.remember("reg.example", "other" + i, A);
    }

    assertThat(secrets.all("reg.example", IMAGE)).isEmpty();
    assertThat(HandedOver.open(file, MOST).all("reg.example", IMAGE)).isEmpty();
    secrets.remember("reg.example", "long", HandedOver.secret("u", "x".repeat(9000)));
    assertThat(secrets.find("reg.example", ImageReference.parse("reg.example/long:1"))).isEmpty();
  }

  @Test
  void textsTogether_areBounded_andTheLatestStay() throws IOException {
    secrets = HandedOver.open(file);
    var longest = HandedOver.secret("u".repeat(4096), "p".repeat(4096));
    for (int i = 0; i < 140; i++) {
      secrets.remember("reg.example", "many/app" + i, longest);
    }

    assertThat(Files.size(file)).isLessThan(4 << 20);
    assertThat(secrets.knows("reg.example/many/app139")).isTrue();
    assertThat(secrets.knows("reg.example/many/app0")).isFalse();
    assertThat(HandedOver.open(file, MOST).knows("reg.example/many/app139")).isTrue();
  }

  @Test
  void acceptedSecrets_stay_howeverManyOthersAreSent() throws IOException {
    secrets.remember("reg.example", "team/app", A);
    secrets.accepted(A, IMAGE);
    secrets = HandedOver.open(file, MOST);
    for (int i = 0; i < 10; i++) {
      secrets.remember("reg.example", "team/app", HandedOver.secret("u" + i, "p"));
    }
    for (int i = 0; i < 2 * MOST; i++) {
      secrets.remember("reg.example", "other" + i, B);
    }
    var longest = HandedOver.secret("u".repeat(4096), "p".repeat(4096));
    for (int i = 0; i < 140; i++) {
      secrets.remember("reg.example", "many/app" + i, longest);
    }

    assertThat(secrets.all("reg.example", IMAGE)).contains(A).hasSize(4);
    assertThat(HandedOver.open(file, MOST).all("reg.example", IMAGE)).contains(A);
    assertThat(secrets.knows("reg.example/many/app139")).isTrue();
  }

  @Test
  void registryThatAcceptsAnything_pushesOutItsOwn() {
    secrets.remember("reg.example", "team/app", A);
    secrets.accepted(A, IMAGE);
    for (int i = 0; i < 2 * MOST; i++) {
      secrets.remember("evil.example", "r" + i, B);
      secrets.accepted(B, ImageReference.parse("evil.example/r" + i + ":1"));
    }

    assertThat(secrets.all("reg.example", IMAGE)).containsExactly(A);
    assertThat(secrets.knows("evil.example/r0")).isFalse();
  }

  @Test
  void longestSecretThatThePortTakes_isKept() {
    var longest = PullSecrets.credentials("Basic " + "YTph".repeat(1500)).orElseThrow();

    secrets.remember("reg.example", "team/app", longest);

    assertThat(secrets.knows("reg.example/team/app")).isTrue();
  }

  @Test
  void newSecret_isTakenThoughAllOthersWereAccepted() {
    for (int i = 0; i < MOST; i++) {
      secrets.remember("reg.example", "other" + i, A);
      secrets.accepted(A, ImageReference.parse("reg.example/other" + i + ":1"));
    }

    secrets.remember("reg.example", "team/app", B);

    assertThat(secrets.all("reg.example", IMAGE)).containsExactly(B);
    assertThat(secrets.knows("reg.example/other0")).isFalse();
  }

  @Test
  void brokenFile_isGivenUp() throws IOException {
    Files.writeString(file, "reg.example/team/app user !!!\n");

    assertThat(HandedOver.open(file, MOST).find("reg.example", IMAGE)).isEmpty();
  }
}
