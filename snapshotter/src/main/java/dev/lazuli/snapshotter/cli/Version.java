package dev.lazuli.snapshotter.cli;

import picocli.CommandLine.IVersionProvider;

/** What a bug report needs to know: our version, the Java runtime and the kernel. */
final class Version implements IVersionProvider {
  /** Returns the version of this build, {@code dev} when it does not run from its jar. */
  static String current() {
    var version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "lazuli " + current(),
      "java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
      "kernel " + System.getProperty("os.version") + " " + System.getProperty("os.arch")
    };
  }
}
