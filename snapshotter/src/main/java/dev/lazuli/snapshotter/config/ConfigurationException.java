package dev.lazuli.snapshotter.config;

import java.io.IOException;

/**
 * The configuration cannot be used; the message names the file, the line or key, and what was
 * expected.
 */
public final class ConfigurationException extends IOException {
  private static final long serialVersionUID = 1L;

  ConfigurationException(String message) {
    super(message);
  }
}
