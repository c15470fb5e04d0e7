package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.cli.output.DoctorReport;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import dev.lazuli.snapshotter.doctor.Diagnosis;
import dev.lazuli.snapshotter.doctor.Doctor;
import dev.lazuli.snapshotter.doctor.Health;
import dev.lazuli.snapshotter.doctor.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli doctor}. */
@Command(
    name = "doctor",
    description = {
      "Look at this machine, containerd and the daemon, and say what does not work and what to do"
          + " about it.",
      "Changes nothing. Exits with 1 if there is a problem."
    })
final class DoctorCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "IMAGE",
      description = "Also say what a pull of this image would do.")
  private @Nullable String image;

  @Option(
      names = "--containerd-config",
      paramLabel = "FILE",
      defaultValue = "/etc/containerd/config.toml",
      description = "containerd's configuration. Default: ${DEFAULT-VALUE}.")
  private Path containerdConfig = Path.of("");

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Mixin private ContainerdOptions containerd = new ContainerdOptions();

  @Mixin private ConfigurationOptions configuration = new ConfigurationOptions();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, CommandException {
    var reference = reference();
    var diagnoses = new ArrayList<Diagnosis>();
    var config = configuration(diagnoses);
    var around =
        new Surroundings(
            containerd.socket(), containerdConfig, containerd.snapshotter(), System.getenv());
    diagnoses.addAll(new Doctor(config, around, Version.current()).examine(reference));

    var out = spec.commandLine().getOut();
    out.print(json ? DoctorReport.json(diagnoses) : DoctorReport.text(diagnoses));
    out.flush();
    return isHealthy(diagnoses) ? 0 : ErrorLine.FAILED;
  }

  /** A configuration that cannot be read is a finding; the rest is then examined without it. */
  private Configuration configuration(List<Diagnosis> diagnoses) {
    try {
      return configuration.load();
    } catch (ConfigurationException e) {
      diagnoses.add(
          new Diagnosis(
              "configuration",
              Health.PROBLEM,
              String.valueOf(e.getMessage()),
              "correct it; the daemon does not start like this. What follows is about a daemon"
                  + " without a configuration file"));
      return Configuration.defaults();
    }
  }

  private Optional<ImageReference> reference() throws CommandException {
    try {
      return Optional.ofNullable(image).map(ImageReference::parse);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  private static boolean isHealthy(List<Diagnosis> diagnoses) {
    return diagnoses.stream().noneMatch(found -> found.health() == Health.PROBLEM);
  }
}
