package dev.lazuli.snapshotter.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageStartTest {
  private static ImageStart of(List<String> environment, String workingDirectory) {
    return ImageStart.of(
        List.of(Digest.sha256(new byte[1])),
        List.of("/init"),
        List.of("serve"),
        environment,
        workingDirectory);
  }

  @Test
  void directories_comeFromTheEnvironment() {
    var start =
        of(
            List.of("HOME=/root", "PATH=/opt/bin:relative:/bin", "LD_LIBRARY_PATH=/opt/lib"),
            "/srv");

    assertThat(start.path()).containsExactly("/opt/bin", "/bin");
    assertThat(start.libraryPath()).containsExactly("/opt/lib");
    assertThat(start.workingDirectory()).isEqualTo("/srv");
  }

  @Test
  void whatIsNotSaid_isAsUsual() {
    var start = of(List.of(), "");

    assertThat(start.path()).contains("/usr/local/bin", "/usr/bin", "/bin");
    assertThat(start.libraryPath()).isEmpty();
    assertThat(start.workingDirectory()).isEqualTo("/");
  }
}
