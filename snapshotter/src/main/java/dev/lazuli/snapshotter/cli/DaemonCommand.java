package dev.lazuli.snapshotter.cli;

import dev.lazuli.bridge.kernel.Umask;
import dev.lazuli.snapshotter.cli.output.Logging;
import dev.lazuli.snapshotter.node.NodeLife;
import dev.lazuli.snapshotter.node.StopSignal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lazuli daemon}: serves containerd until it is told to stop. */
@Command(
    name = "daemon",
    description = {
      "Serve containerd's snapshots and mount layers lazily.",
      "SIGTERM stops it and leaves the mounts to the next daemon. SIGINT unmounts everything."
    })
final class DaemonCommand implements Callable<Integer> {
  @Mixin private ConfigurationOptions configuration;

  /** For picocli, which fills in the options. */
  DaemonCommand() {
    this(new ConfigurationOptions());
  }

  DaemonCommand(ConfigurationOptions configuration) {
    this.configuration = configuration;
  }

  @Override
  public Integer call() throws Exception {
    var config = configuration.load();
    Logging.configure(config.log().format(), config.log().level());
    StopSignal.handle();
    Umask.ownerOnly();
    new NodeLife(config, Version.current()).run();
    return 0;
  }
}
