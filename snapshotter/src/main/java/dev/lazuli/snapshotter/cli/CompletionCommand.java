package dev.lazuli.snapshotter.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli completion bash}: prints the script that teaches the shell our command line. */
@Command(
    name = "completion",
    description = "Print a completion script: source <(lazuli completion bash)")
final class CompletionCommand implements Runnable {
  /** The shells that can be taught; zsh reads the bash script after {@code bashcompinit}. */
  enum Shell {
    BASH,
    ZSH
  }

  @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    var root = spec.root().commandLine();
    if (shell == Shell.ZSH) {
      root.getOut().println("autoload -U +X bashcompinit && bashcompinit");
    }
    root.getOut().print(AutoComplete.bash("lazuli", root));
    root.getOut().flush();
  }
}
