package dev.lazuli.registry.model;

import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Foreign text in our messages: short, on one line, printable. */
public final class Text {
  private static final int LIMIT = 200;

  private Text() {}

  /** Returns why something failed, in words: some of the JDK's messages are only a path. */
  public static String reason(Throwable failure) {
    String message = failure.getMessage();
    return switch (failure) {
      case NoSuchFileException e -> "no such file: " + e.getFile();
      case AccessDeniedException e -> "permission denied: " + e.getFile();
      case FileAlreadyExistsException e -> "already exists: " + e.getFile();
      case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
      case UnknownHostException e -> "unknown host: " + message;
      default -> message == null ? failure.toString() : message;
    };
  }

  /** Returns {@code text} in quotation marks, cut to a reasonable length. */
  public static String quote(String text) {
    return '"' + clean(text) + '"';
  }

  /** Returns {@code text} with everything that is not printable ASCII replaced, cut to a limit. */
  public static String clean(String text) {
    var out = new StringBuilder(Math.min(text.length(), LIMIT) + 3);
    for (int i = 0; i < text.length() && i < LIMIT; i++) {
      char c = text.charAt(i);
      out.append(c >= ' ' && c < 0x7f ? c : '?');
    }
    return text.length() > LIMIT ? out.append("...").toString() : out.toString();
  }
}
