package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HeartbeatTest {
  private static final String MORE_TIME = "EXTEND_TIMEOUT_USEC=60000000";
  private static final String LAST = "STOPPING=1";

  @TempDir Path directory;

  private NotifySocket manager;

  @BeforeEach
  void open() throws IOException {
    manager = new NotifySocket(directory);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private Heartbeat heartbeat(String... environment) {
    var all = new HashMap<String, String>();
    all.put("NOTIFY_SOCKET", manager.path().toString());
    for (int i = 0; i < environment.length; i += 2) {
      all.put(environment[i], environment[i + 1]);
    }
    return new Heartbeat(ServiceNotice.of(all));
  }

  /** Returns all that was said up to the end of service. */
  private List<String> saidBy(Heartbeat heartbeat) throws IOException {
    heartbeat.stopping();
    manager.await(lines -> lines.contains(LAST));
    var all = manager.received();
    return all.subList(0, all.indexOf(LAST));
  }

  @Test
  void startThatTakesLong_asksForMoreTime() throws IOException {
    var heartbeat = heartbeat("WATCHDOG_USEC", "120000000");

    heartbeat.beat();
    heartbeat.beat();
    heartbeat.serving(Optional::empty);

    assertThat(saidBy(heartbeat)).containsExactly(MORE_TIME, MORE_TIME, "READY=1");
  }

  @Test
  void startThatHangs_getsNoMoreTime_andOneThatGetsOnDoes() throws IOException {
    var now = new AtomicLong();
    var all = Map.of("NOTIFY_SOCKET", manager.path().toString());
    var heartbeat = new Heartbeat(ServiceNotice.of(all), now::get);

    now.addAndGet(Duration.ofMinutes(9).toNanos());
    heartbeat.beat();
    now.addAndGet(Duration.ofMinutes(1).toNanos());
    heartbeat.beat();
    heartbeat.nextStep();
    heartbeat.beat();

    assertThat(saidBy(heartbeat)).containsExactly(MORE_TIME, MORE_TIME);
  }

  @Test
  void watchdog_isToldWhileAllIsWell_andOnlyThen() throws IOException {
    var trouble = new AtomicReference<Optional<String>>(Optional.empty());
    var heartbeat = heartbeat("WATCHDOG_USEC", "120000000");

    heartbeat.serving(trouble::get);
    heartbeat.beat();
    trouble.set(Optional.of("the scheduler stands still"));
    heartbeat.beat();
    heartbeat.beat();
    trouble.set(Optional.empty());
    heartbeat.beat();

    assertThat(saidBy(heartbeat)).containsExactly("READY=1", "WATCHDOG=1", "WATCHDOG=1");
  }

  @Test
  void vitalsThatThrow_countAsTrouble() throws IOException {
    var heartbeat = heartbeat("WATCHDOG_USEC", "120000000");

    heartbeat.serving(
        () -> {
          throw new IllegalStateException("broken");
        });
    heartbeat.beat();

    assertThat(saidBy(heartbeat)).containsExactly("READY=1");
  }

  @Test
  void withoutAWatchdog_orOneOfAnotherProcess_nothingIsSaidInService() throws IOException {
    for (var heartbeat :
        List.of(
            heartbeat(),
            heartbeat("WATCHDOG_USEC", "120000000", "WATCHDOG_PID", "1"),
            heartbeat("WATCHDOG_USEC", "much"))) {
      heartbeat.serving(Optional::empty);
      heartbeat.beat();
    }

    assertThat(saidBy(heartbeat())).containsOnly("READY=1");
  }

  @Test
  void pause_leavesRoomForSeveralBeats() {
    assertThat(heartbeat("WATCHDOG_USEC", "4000000").pause()).isEqualTo(Duration.ofSeconds(1));
    assertThat(heartbeat("WATCHDOG_USEC", "900000000").pause()).isEqualTo(Duration.ofSeconds(10));
    assertThat(heartbeat().pause()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void withoutAServiceManager_nothingHappens() {
    var heartbeat = new Heartbeat(ServiceNotice.of(Map.of("WATCHDOG_USEC", "1000000")));
    heartbeat.start();
    heartbeat.serving(Optional::empty);
    heartbeat.beat();
    heartbeat.stopping();
    heartbeat.close();
  }

  @Test
  void vitals_findEachThatStandsStill() {
    var second = Duration.ofSeconds(1);
    var tooLong = Duration.ofSeconds(11);
    var limit = Duration.ofSeconds(10);

    assertThat(new Vitals(limit, () -> second, () -> second, () -> true, _ -> true).trouble())
        .isEmpty();
    assertThat(new Vitals(limit, () -> tooLong, () -> second, () -> true, _ -> true).trouble())
        .hasValueSatisfying(reason -> assertThat(reason).contains("scheduler"));
    assertThat(new Vitals(limit, () -> second, () -> tooLong, () -> true, _ -> true).trouble())
        .hasValueSatisfying(reason -> assertThat(reason).contains("FUSE request"));
    assertThat(new Vitals(limit, () -> second, () -> second, () -> false, _ -> true).trouble())
        .hasValueSatisfying(reason -> assertThat(reason).contains("mount"));
    assertThat(new Vitals(limit, () -> second, () -> second, () -> true, _ -> false).trouble())
        .hasValueSatisfying(reason -> assertThat(reason).contains("socket"));
  }
}
