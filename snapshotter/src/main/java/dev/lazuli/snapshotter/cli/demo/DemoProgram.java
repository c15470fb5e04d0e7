package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.HostPython;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A program of this machine that the demo starts.
 *
 * @param name what to call it
 * @param layers its files, one tree per layer, lowest first
 * @param command the command line inside the image
 * @param listing a command line that prints, one per line, the files that the program reads; run on
 *     this machine where nothing can be mounted
 */
record DemoProgram(
    String name, List<ImageTree> layers, List<String> command, List<String> listing) {
  private static final String GREETING =
      "import email, json, http.client; print(json.dumps({'hello': 'from a lazily pulled image'}))";
  private static final String MODULES =
      """
      import email, json, http.client, sys
      files = {getattr(m, '__cached__', None) or getattr(m, '__file__', None) for m in list(sys.modules.values())}
      print(sys.executable)
      print(*sorted(f for f in files if f), sep='\\n')
      """;

  /** Returns a program that prints something when it is started without arguments. */
  static DemoProgram of(Path executable) throws IOException {
    var program = executable.toRealPath();
    return new DemoProgram(
        program.getFileName().toString(),
        List.of(new HostFiles().program(program).tree()),
        List.of(program.toString()),
        List.of("/bin/sh", "-c", "echo \"$0\"", program.toString()));
  }

  /** Finds Python, or else the shell that every machine has. */
  static DemoProgram find() throws IOException {
    var python = HostPython.find();
    if (python.isPresent()) {
      var executable = python.get().executable().toString();
      return new DemoProgram(
          python.get().executable().getFileName().toString(),
          List.of(python.get().interpreter(), python.get().tree()),
          List.of(executable, "-I", "-S", "-c", GREETING),
          List.of(executable, "-I", "-S", "-c", MODULES));
    }
    var shell = Path.of("/bin/sh").toRealPath();
    var files = new HostFiles().program(shell).directory(Path.of("/usr/bin"), path -> true);
    return new DemoProgram(
        shell.getFileName().toString(),
        List.of(files.tree()),
        List.of(shell.toString(), "-c", "echo hello from a lazily pulled image"),
        List.of(shell.toString(), "-c", "echo " + shell));
  }
}
