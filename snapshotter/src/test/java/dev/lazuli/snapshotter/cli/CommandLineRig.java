package dev.lazuli.snapshotter.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

/** Runs commands and keeps what they print. */
abstract class CommandLineRig {
  final StringWriter out = new StringWriter();

  final StringWriter err = new StringWriter();

  int run(String... args) {
    return run(() -> {}, args);
  }

  int run(Work work, String... args) {
    var line = CommandLines.all();
    line.addSubcommand("work", new WorkCommand(work));
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    return line.execute(args);
  }

  interface Work {
    void run() throws Exception;
  }

  @Command(name = "work")
  record WorkCommand(Work work) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      work.run();
      return 0;
    }
  }
}
