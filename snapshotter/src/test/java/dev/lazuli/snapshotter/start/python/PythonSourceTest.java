package dev.lazuli.snapshotter.start.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PythonSourceTest {
  private static List<ImportedName> imports(String text) {
    return PythonSource.imports(text, 100, /* insideFunctions= */ false);
  }

  @Test
  void imports_ofEveryKind_areFound() {
    var text =
        """
        #!/usr/bin/env python3
        import os, a.b as c  # not this: import comment
        from . import near, far as f
        from ..up.side import *
        from many import (
            one,
            two as second,  # why
        )
        from long import \\
            line
        import sys; import json; print("x")
        try:
            from fast import speed
        except ImportError:
            speed = None
        class Body:
            import inbody
        """;

    assertThat(imports(text))
        .containsExactly(
            ImportedName.of("os"),
            ImportedName.of("a.b"),
            new ImportedName("", 1, List.of("near", "far")),
            new ImportedName("up.side", 2, List.of()),
            new ImportedName("many", 0, List.of("one", "two")),
            new ImportedName("long", 0, List.of("line")),
            ImportedName.of("sys"),
            ImportedName.of("json"),
            new ImportedName("fast", 0, List.of("speed")),
            ImportedName.of("inbody"));
  }

  @Test
  void importsThatDoNotRun_areLeftOut() {
    var text =
        """
        '''
        import quoted
        '''
        if TYPE_CHECKING:
            import checked
        def function():
            text = \"\"\"
        import deep
        \"\"\"
            import later
        async def other(): import never
        call(
        import_ = 3)
        import last
        """;

    assertThat(imports(text)).containsExactly(ImportedName.of("last"));
    assertThat(PythonSource.imports(text, 100, /* insideFunctions= */ true))
        .contains(ImportedName.of("later"))
        .doesNotContain(ImportedName.of("quoted"), ImportedName.of("checked"));
  }

  @Test
  void importsByCalls_areFound() {
    var line = "import os; x = os.name == 'posix' and __import__('_hack').add_shim()";

    assertThat(imports(line)).containsExactly(ImportedName.of("os"), ImportedName.of("_hack"));
  }

  @Test
  void imports_areNoMoreThanAskedFor() {
    assertThat(PythonSource.imports("import a\n".repeat(50), 7, false)).hasSize(7);
    assertThat(PythonSource.imports("import " + "a,".repeat(50), 7, false)).hasSize(7);
  }
}
