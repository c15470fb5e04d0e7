package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.start.TinyElf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What head starts fetch for interpreters: what the program imports, and nothing beside it. */
final class HeadStartRuntimesTest extends HeadStartRig {
  private static final String PYTHON = "usr/lib/python3.12/";

  private final ImageTree tree = new ImageTree();
  private final Set<String> directories = new HashSet<>();

  @BeforeEach
  void begin() {
    file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
  }

  /** Adds a file with the directories that it needs, far from the one before. */
  private void file(String path, FileContent content) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (directories.add(path.substring(0, slash))) {
        tree.directory(path.substring(0, slash));
      }
    }
    tree.file(path, content);
    far(tree, path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "usr");
  }

  private void file(String path, String content) {
    file(path, FileContent.of(content));
  }

  private void python() {
    file("usr/bin/python3.12", content(new TinyElf()));
    file(PYTHON + "encodings/__init__.py", "import codecs\n");
    file(PYTHON + "encodings/utf_8.py", "x = 1\n");
    file(PYTHON + "codecs.py", "x = 1\n");
    file(PYTHON + "json/__init__.py", "from .decoder import Decoder\n");
    file(
        PYTHON + "json/decoder.py",
        "import re\ntry:\n    from _json import scan\nexcept E: pass\n");
    file(PYTHON + "json/tool.py", "x = 1\n");
    file(PYTHON + "re/__init__.py", "def compile():\n    import unlikely\n");
    file(PYTHON + "unlikely.py", "x = 1\n");
    file(PYTHON + "lib-dynload/_json.so", content(new TinyElf().needs("libj.so")));
    file("usr/lib/libj.so", content(new TinyElf()));
  }

  @Test
  void pythonText_bringsWhatItImports_inTurn() throws Exception {
    python();
    layer(tree.symlink("usr/bin/python3", "python3.12"));

    run(List.of("python3"), "-c", "import json; print(1)");

    assertThat(isHere(0, "usr/bin/python3.12")).isTrue();
    assertThat(isHere(0, PYTHON + "encodings/__init__.py")).isTrue();
    assertThat(isHere(0, PYTHON + "encodings/utf_8.py")).isTrue();
    assertThat(isHere(0, PYTHON + "json/__init__.py")).isTrue();
    assertThat(isHere(0, PYTHON + "json/decoder.py")).isTrue();
    assertThat(isHere(0, PYTHON + "re/__init__.py")).isTrue();
    assertThat(isHere(0, PYTHON + "lib-dynload/_json.so")).isTrue();
    assertThat(isHere(0, "usr/lib/libj.so")).isTrue();
    assertThat(isHere(0, PYTHON + "json/tool.py")).as("beside an import").isFalse();
    assertThat(isHere(0, PYTHON + "unlikely.py")).as("inside a function").isFalse();
    assertThat(isHere(0, PYTHON + "codecs.py")).as("in the binary").isFalse();
  }

  @Test
  void pythonScript_findsPackages_inItsDirectory_inSites_andByPathFiles() throws Exception {
    python();
    file("srv/app/main.py", "#!/usr/bin/env python3.12\nimport helper, tool.part, linked\n");
    file("srv/app/helper.py", "x = 1\n");
    file("usr/bin/env", content(new TinyElf()));
    file("usr/local/lib/python3.12/dist-packages/tool/__init__.py", "x = 1\n");
    file("usr/local/lib/python3.12/dist-packages/tool/part.py", "from . import other\n");
    file("usr/local/lib/python3.12/dist-packages/tool/other.py", "x = 1\n");
    file("usr/local/lib/python3.12/dist-packages/more.pth", "# comment\n/opt/linked\n");
    file("opt/linked/linked.py", "x = 1\n");
    layer(tree);

    run(List.of("/srv/app/main.py"));

    assertThat(isHere(0, "usr/bin/python3.12")).isTrue();
    assertThat(isHere(0, "srv/app/helper.py")).isTrue();
    assertThat(isHere(0, "usr/local/lib/python3.12/dist-packages/tool/other.py")).isTrue();
    assertThat(isHere(0, "opt/linked/linked.py")).isTrue();
  }

  @Test
  void programInTheRoot_findsWhatIsBesideIt() throws Exception {
    python();
    file("main.py", "import beside\n");
    file("beside.py", "x = 1\n");
    layer(tree);

    run(List.of("python3.12"), "/main.py");

    assertThat(isHere(0, "beside.py")).isTrue();
  }

  @Test
  void classPathOfTheRoot_bringsItsArchives() throws Exception {
    file("usr/bin/java", content(new TinyElf()));
    file("a.jar", jar(""));
    layer(tree);

    run(List.of("java"), "-cp", "/*", "Main");

    assertThat(isHere(0, "a.jar")).isTrue();
  }

  @Test
  void virtualEnvironment_isSearched_insteadOfTheSystemsPackages() throws Exception {
    python();
    file("opt/venv/pyvenv.cfg", "home = /usr/bin\n");
    file("opt/venv/lib/python3.12/site-packages/mine.py", "x = 1\n");
    file("usr/lib/python3/dist-packages/mine.py", "x = 2\n");
    tree.directory("opt/venv/bin").symlink("opt/venv/bin/python", "/usr/bin/python3.12");
    layer(tree);

    run(List.of("/opt/venv/bin/python", "-m", "mine"));

    assertThat(isHere(0, "opt/venv/lib/python3.12/site-packages/mine.py")).isTrue();
    assertThat(isHere(0, "usr/lib/python3/dist-packages/mine.py")).isFalse();
  }

  @Test
  void modulesThatImportEachOther_inACircle_end() throws Exception {
    python();
    file(PYTHON + "a.py", "import b\n");
    file(PYTHON + "b.py", "import a, c.d.e.f\n");
    file(PYTHON + "c.py", "import c.c.c.c\n");
    layer(tree);

    var walked = run(List.of("python3.12", "-c", "import a"));

    assertThat(isHere(0, PYTHON + "c.py")).isTrue();
    assertThat(walked.lookUps()).isLessThan(3000);
  }

  @Test
  void nodeProgram_bringsWhatItRequires() throws Exception {
    file("usr/bin/node", content(new TinyElf()));
    file("srv/server.js", "const a = require('./lib/a');\nimport b from \"b\";\n");
    file("srv/package.json", "{\"type\": \"module\"}");
    file("srv/lib/a.js", "require('node:fs'); require('../data.json')\n");
    file("srv/data.json", "{}");
    file("srv/node_modules/b/package.json", "{\"exports\": {\".\": {\"node\": \"./dist/b.cjs\"}}}");
    file("srv/node_modules/b/dist/b.cjs", "require('c/deep')\n");
    file("srv/node_modules/c/deep.js", "1\n");
    file("srv/node_modules/c/index.js", "1\n");
    layer(tree);

    run(List.of("node"), "server.js");

    for (String path : List.of("lib/a.js", "data.json", "package.json")) {
      assertThat(isHere(0, "srv/" + path)).as(path).isTrue();
    }
    assertThat(isHere(0, "srv/node_modules/b/dist/b.cjs")).isTrue();
    assertThat(isHere(0, "srv/node_modules/c/deep.js")).isTrue();
    assertThat(isHere(0, "srv/node_modules/c/index.js")).isFalse();
  }

  private static FileContent jar(String classPath) throws IOException {
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    var bytes = new ByteArrayOutputStream();
    new JarOutputStream(bytes, manifest).close();
    return FileContent.of(bytes.toByteArray());
  }

  @Test
  void javaArchive_bringsThoseOfItsManifest_andOfTheModulesOnlyTheIndex() throws Exception {
    var modules = ByteBuffer.allocate(28).order(ByteOrder.nativeOrder());
    modules.putInt(0, 0xCAFEDADA).putInt(16, 100).putInt(20, 1000).putInt(24, 1000);
    file("opt/jdk/bin/java", content(new TinyElf().needs("libjli.so").runPath("$ORIGIN/../lib")));
    file("opt/jdk/lib/libjli.so", content(new TinyElf()));
    file("opt/jdk/lib/server/libjvm.so", content(new TinyElf()));
    file("opt/jdk/lib/server/classes.jsa", "archive of classes");
    var large = new ByteArrayOutputStream();
    large.write(modules.array());
    large.write(new byte[12 << 20]);
    file("opt/jdk/lib/modules", FileContent.of(large.toByteArray()));
    file("srv/app.jar", jar("lib/first.jar /opt/second.jar"));
    file("srv/lib/first.jar", jar("third.jar"));
    file("srv/lib/third.jar", jar("../app.jar"));
    file("opt/second.jar", jar(""));
    file("opt/unused.jar", jar(""));
    layer(tree);

    run(List.of("/opt/jdk/bin/java"), "-jar", "app.jar");

    for (String path : List.of("srv/lib/first.jar", "srv/lib/third.jar", "opt/second.jar")) {
      assertThat(isHere(0, path)).as(path).isTrue();
    }
    assertThat(isHere(0, "opt/jdk/lib/server/libjvm.so")).isTrue();
    assertThat(isHere(0, "opt/jdk/lib/server/classes.jsa")).isTrue();
    assertThat(isHere(0, "opt/unused.jar")).isFalse();
    assertThat(isHere(0, "opt/jdk/lib/modules")).as("all of the modules").isFalse();
  }

  @Test
  void shellsScript_bringsTheProgramsThatItStarts() throws Exception {
    file("bin/sh", content(new TinyElf()));
    file("usr/bin/gosu", content(new TinyElf()));
    file("usr/bin/server", content(new TinyElf().needs("libs.so")));
    file("usr/lib/libs.so", content(new TinyElf()));
    file("usr/bin/other", content(new TinyElf()));
    file("opt/entry.sh", "#!/bin/sh\nset -e\n# other\nexec gosu app server --port 80\n");
    layer(tree);

    run(List.of("/opt/entry.sh"));

    assertThat(isHere(0, "bin/sh")).isTrue();
    assertThat(isHere(0, "usr/bin/gosu")).isTrue();
    assertThat(isHere(0, "usr/bin/server")).isTrue();
    assertThat(isHere(0, "usr/lib/libs.so")).isTrue();
    assertThat(isHere(0, "usr/bin/other")).isFalse();
  }
}
