import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Marks a compiled module-info as one of Java 17: {@code ModuleDescriptor.java FILE}. Maven puts it into the jar with the
 * jar tool of the JDK that it runs on itself, which may be older than the sources and reads no newer class files. A
 * descriptor has no code, so nothing in it depends on the version.
 */
final class ModuleDescriptor {
  /** Where the major version is in a class file: JVM specification, section 4.1. */
  private static final int MAJOR_VERSION = 7;

  private static final byte JAVA_17 = 61;

  private ModuleDescriptor() {}

  public static void main(String[] args) throws IOException {
    var file = Path.of(args[0]);
    byte[] descriptor = Files.readAllBytes(file);
    if (descriptor[MAJOR_VERSION] != JAVA_17) {
      descriptor[MAJOR_VERSION] = JAVA_17;
      Files.write(file, descriptor);
    }
  }
}
