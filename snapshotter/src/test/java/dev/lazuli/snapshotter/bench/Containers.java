package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.containerd.Command;
import java.io.IOException;
import java.time.Duration;

/** Runs one container after the other on a containerd. */
final class Containers {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(3);

  /** runc knows the containers of all containerds by their names. */
  private static final String NAME = "bench-" + ProcessHandle.current().pid();

  private final String socket;

  Containers(String socket) {
    this.socket = socket;
  }

  /** Returns the socket of the containerd. */
  String socket() {
    return socket;
  }

  /** Returns a run of {@code ctr} that may take long. */
  Command ctr(String... arguments) {
    return Command.of("ctr", "-a", socket).with(arguments).within(LONG);
  }

  /**
   * Runs a program to its end, or a server until it has answered, and removes the container.
   *
   * @param then called at the end, or when the answer is there
   * @return seconds until then
   */
  double run(String snapshotter, String image, BenchProgram program, Runnable then)
      throws IOException {
    if (program.answer().isPresent()) {
      return serve(snapshotter, image, program, program.answer().get(), then);
    }
    double seconds = runToEnd(snapshotter, image, program);
    then.run();
    return seconds;
  }

  private double runToEnd(String snapshotter, String image, BenchProgram program)
      throws IOException {
    long began = System.nanoTime();
    ctr("run", "--rm", "--snapshotter", snapshotter, image, NAME)
        .with(program.command().toArray(String[]::new))
        .check();
    return (System.nanoTime() - began) / 1e9;
  }

  private double serve(
      String snapshotter, String image, BenchProgram program, FirstAnswer answer, Runnable then)
      throws IOException {
    if (answer.answers()) {
      throw new IOException("something else serves port " + answer.port() + " already");
    }
    long began = System.nanoTime();
    ctr("run", "--detach", "--net-host", "--snapshotter", snapshotter, image, NAME)
        .with(program.command().toArray(String[]::new))
        .check();
    try {
      answer.await(ANSWER_LIMIT);
      double seconds = (System.nanoTime() - began) / 1e9;
      then.run();
      return seconds;
    } finally {
      ctr("task", "rm", "--force", NAME).check();
      ctr("container", "rm", NAME).check();
    }
  }

  /** Removes an image, and waits until what was unpacked of it is removed too. */
  void remove(String image) throws IOException {
    ctr("image", "rm", "--sync", image).check();
  }
}
