package dev.lazuli.snapshotter.node;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.testimages.CleanUp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Entry point of {@code bench/kills}: the number of kills, then a seed if one is to be repeated.
 */
final class KillsBench {
  private static final int READERS = 4;
  private static final int KILLS_PER_LINE = 50;

  private KillsBench() {}

  public static void main(String[] args) throws Exception {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
    System.out.println("seed " + seed);
    var directory = Files.createTempDirectory(Path.of("/tmp"), "lzk");
    long began = System.nanoTime();
    KillsResult result;
    try (var cleanUp = new CleanUp()) {
      var kills = cleanUp.open(() -> new Kills(directory, READERS, KillsBench::launch, seed));
      for (int i = 1; i <= count; i++) {
        boolean whileItStarts = i % 4 == 0;
        cleanUp.change(() -> kills.round(whileItStarts));
        if (i % KILLS_PER_LINE == 0) {
          System.out.println(i + " kills, " + Duration.ofNanos(System.nanoTime() - began));
        }
      }
      result = kills.end();
    }
    System.out.println(
        result + ", " + Duration.ofNanos(System.nanoTime() - began).toSeconds() + " s");
    result.wrong().forEach(line -> System.out.println("wrong: " + line));
    result.errors().forEach(line -> System.out.println("error: " + line));
    result.leftovers().forEach(line -> System.out.println("left: " + line));
    boolean clean =
        result.wrong().isEmpty() && result.errors().isEmpty() && result.leftovers().isEmpty();
    if (clean) {
      Command.of("rm", "-rf", "--one-file-system", directory.toString()).check();
    } else {
      System.out.println("log: " + directory.resolve("daemon.log"));
    }
    System.exit(clean ? 0 : 1);
  }

  private static Process launch(List<String> settings, Path log) throws IOException {
    var command =
        new ArrayList<>(List.of("env", "--default-signal=INT,TERM", "./lazuli", "daemon"));
    settings.forEach(
        setting -> {
          var key = setting.substring(0, setting.indexOf('='));
          boolean option = List.of("root", "state", "address").contains(key);
          command.add(option ? "--" + setting : "--set=" + setting);
        });
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("LAZULI_BUILD", "no");
    return builder.start();
  }
}
