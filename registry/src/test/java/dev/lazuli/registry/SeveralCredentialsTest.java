package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.ScriptedServer.Reply;
import dev.lazuli.registry.ScriptedServer.Request;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Registries for which a node knows several credentials, of which some are wrong. */
@Timeout(120)
class SeveralCredentialsTest {
  private static final byte[] BLOB = bytes(1000);
  private static final Credentials OLD = Credentials.password("old", "1").from("a file");
  private static final Credentials WRONG = Credentials.password("wrong", "2").from("a helper");
  private static final Credentials RIGHT = Credentials.password("right", "3").from("the cloud");

  /** How a registry asks, and where it says no. */
  enum Way {
    BASIC,
    TOKEN_SERVER_REFUSES,
    TOKEN_IS_NOT_ENOUGH,
    FORBIDDEN
  }

  /** Accepts one user; {@code null} for anybody. */
  private static final class Gate implements AutoCloseable {
    final Way way;
    volatile Optional<Credentials> accepted;
    final ScriptedServer server = new ScriptedServer(this::answer);

    Gate(Way way, Optional<Credentials> accepted) throws IOException {
      this.way = way;
      this.accepted = accepted;
    }

    private void answer(Request request, Reply reply) throws IOException {
      var sent = String.valueOf(request.header("authorization"));
      var wanted = accepted.map(HttpTransport::basic).orElse("null");
      if (request.path().equals("/token")) {
        if (way == Way.TOKEN_SERVER_REFUSES && !sent.equals(wanted) && !sent.equals("null")) {
          reply.send(401, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"wrong password\"}]}");
        } else {
          reply.send(200, "{\"token\":\"" + token(sent) + "\",\"expires_in\":60}");
        }
      } else if (sent.equals(way == Way.BASIC ? wanted : "Bearer " + token(wanted))) {
        reply.range(request, BLOB);
      } else if (way == Way.BASIC) {
        reply.send(401, "", "WWW-Authenticate: Basic realm=\"r\"");
      } else if (way == Way.FORBIDDEN && sent.startsWith("Bearer")) {
        reply.send(403, "{}");
      } else {
        reply.send(
            401, "", "WWW-Authenticate: Bearer realm=\"http://" + server.host() + "/token\"");
      }
    }

    private static String token(String authorization) {
      return "t" + Integer.toHexString(authorization.hashCode());
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  /** Knows some, and notes what was refused. */
  private static final class Known implements CredentialsProvider {
    volatile List<Credentials> credentials;
    final List<Credentials> refused = new ArrayList<>();
    final List<Credentials> accepted = new ArrayList<>();
    final AtomicInteger finds = new AtomicInteger();
    final AtomicInteger listings = new AtomicInteger();

    Known(Credentials... credentials) {
      this.credentials = List.of(credentials);
    }

    @Override
    public Optional<Credentials> find(String host, ImageReference reference) {
      finds.incrementAndGet();
      return credentials.stream().findFirst();
    }

    @Override
    public List<Credentials> all(String host, ImageReference reference) {
      listings.incrementAndGet();
      return credentials;
    }

    @Override
    public synchronized void refused(Credentials wrong) {
      refused.add(wrong);
    }

    @Override
    public synchronized void accepted(Credentials right, ImageReference reference) {
      accepted.add(right);
    }
  }

  private static ClientRig rig(Known known) {
    return new ClientRig(o -> o.attempts(1).credentials(known));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void allAreTried_andTheRightOnesStay(Way way) throws Exception {
    var known = new Known(OLD, WRONG, RIGHT);
    try (var gate = new Gate(way, Optional.of(RIGHT));
        var rig = rig(known)) {
      assertThat(read(rig.blob(gate.server, BLOB), 0, 10)).hasSize(10);
      assertThat(known.refused).containsExactly(OLD, WRONG);
      int before = gate.server.requests.size();

      assertThat(read(rig.blob(gate.server, BLOB), 10, 10)).hasSize(10);

      assertThat(gate.server.requests).hasSize(before + 1);
      assertThat(known.accepted).containsExactly(RIGHT);
      assertThat(rig.client.credentials(ImageReference.parse(gate.server.host() + "/some/image:1")))
          .containsExactly(gate.server.host() + ": user \"right\" of the cloud");
    }
  }

  /** Some of them have to run a program for each answer. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void sources_areAskedOnceForTheFirst_andOnceForAllOthers(Way way) throws Exception {
    var known = new Known(OLD, WRONG, Credentials.password("third", "4"), RIGHT);
    try (var gate = new Gate(way, Optional.of(RIGHT));
        var rig = rig(known)) {
      assertThat(read(rig.blob(gate.server, BLOB), 0, 10)).hasSize(10);

      assertThat(known.finds).hasValue(1);
      assertThat(known.listings).hasValue(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void whenNoneIsRight_theErrorNamesAll_andNoSecret(Way way) throws Exception {
    try (var gate = new Gate(way, Optional.of(RIGHT));
        var rig = rig(new Known(OLD, WRONG))) {
      assertThatThrownBy(() -> read(rig.blob(gate.server, BLOB), 0, 10))
          .hasMessageContaining("with the credentials of user \"old\" of a file, and of user")
          .hasMessageContaining("\"wrong\" of a helper")
          .hasMessageContaining(way == Way.TOKEN_SERVER_REFUSES ? "wrong password" : "status 40");
      assertThat(gate.server.requests).hasSizeLessThan(10);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"BASIC"},
      mode = EnumSource.Mode.EXCLUDE)
  void publicImage_isReadThoughThePasswordIsWrong(Way way) throws Exception {
    try (var gate = new Gate(way, Optional.empty());
        var rig = rig(new Known(WRONG))) {
      assertThat(read(rig.blob(gate.server, BLOB), 0, 10)).hasSize(10);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void rotatedPassword_isUsedFromTheFirstRefusalOn(Way way) throws Exception {
    var known = new Known(OLD);
    try (var gate = new Gate(way, Optional.of(OLD));
        var rig = rig(known)) {
      assertThat(read(rig.blob(gate.server, BLOB), 0, 10)).hasSize(10);

      gate.accepted = Optional.of(RIGHT);
      known.credentials = List.of(RIGHT);

      assertThat(read(rig.blob(gate.server, BLOB), 0, 10)).hasSize(10);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void sourceThatHasOthersEachTime_isAskedOnlySoOften(Way way) throws Exception {
    var count = new AtomicInteger();
    try (var gate = new Gate(way, Optional.of(RIGHT));
        var rig =
            new ClientRig(
                o ->
                    o.attempts(1)
                        .credentials(
                            (host, reference) ->
                                Optional.of(
                                    Credentials.password("u", "" + count.incrementAndGet()))))) {
      assertThatThrownBy(() -> read(rig.blob(gate.server, BLOB), 0, 10))
          .hasMessageContaining("with the credentials of user \"u\"");
      assertThat(gate.server.requests).hasSizeLessThan(25);
    }
  }

  /** A password that a token server has refused is not sent with each further request. */
  @Test
  void refusedPassword_isSentAgainOnlyWhereNothingElseHelps() throws Exception {
    var known = new Known(WRONG);
    try (var gate = new Gate(Way.TOKEN_SERVER_REFUSES, Optional.empty());
        var rig = rig(known)) {
      for (int i = 0; i < 3; i++) {
        var image = ImageReference.parse(gate.server.host() + "/some/image:1");
        assertThat(read(rig.blob(gate.server, BLOB), i, 10)).hasSize(10);
        assertThat(rig.client.credentials(image)).isEmpty();
      }

      assertThat(known.refused).containsExactly(WRONG);
    }
  }
}
