package dev.lazuli.cache.disk;

import java.io.IOException;
import java.nio.file.Path;

/** Tells how much disk a sparse file really takes ({@code st_blocks}), which the JDK cannot. */
@FunctionalInterface
public interface BlocksOf {
  /** Returns the bytes allocated for {@code file}: {@code st_blocks * 512}. */
  long allocatedBytes(Path file) throws IOException;
}
