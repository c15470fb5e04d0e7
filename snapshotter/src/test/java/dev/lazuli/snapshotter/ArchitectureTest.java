package dev.lazuli.snapshotter;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Holds the code to the arrows of {@code docs/architecture.md}. */
final class ArchitectureTest {
  private static final String ALL = "dev.lazuli..";

  /**
   * Tests and their fakes that let time pass, each with a comment that says why: servers and
   * readers that are slow, kills at any moment, pauses of benchmarks.
   */
  private static final Set<String> SLOW_ON_PURPOSE =
      Set.of(
          "AuthorizationTest.java",
          "Bed.java",
          "BlobBodyTest.java",
          "BlobRangeTest.java",
          "FetchMemoryProbe.java",
          "FetchSchedulerTest.java",
          "FetchStressTest.java",
          "FetchTroubleTest.java",
          "HandOverServer.java",
          "Kills.java",
          "KillsReader.java",
          "MemoryTest.java",
          "StressIT.java");

  private static JavaClasses code;

  @BeforeAll
  static void readClasses() {
    code =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/dev/lazuli/snapshotter/api/"))
            .importPackages("dev.lazuli");
    assertThat(code).hasSizeGreaterThan(50);
  }

  @ParameterizedTest
  @FieldSource("dev.lazuli.snapshotter.HouseRoom#ALL")
  void room_usesOnlyThoseBelowIt(HouseRoom room) {
    noClasses()
        .that(resideInAPackage("dev.lazuli." + room.name() + ".."))
        .should()
        .dependOnClassesThat(resideInAPackage(ALL).and(outside(room.allowed())))
        .check(code);
  }

  @ParameterizedTest
  @FieldSource("dev.lazuli.snapshotter.HouseRoom#ALL")
  void room_usesAllThatItMay(HouseRoom room) {
    Set<String> used =
        code.that(resideInAPackage("dev.lazuli." + room.name() + "..")).stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .map(dependency -> dependency.getTargetClass().getPackageName() + ".")
            .collect(toSet());

    assertThat(room.uses())
        .as("arrows that nothing follows")
        .filteredOn(
            to -> used.stream().noneMatch(name -> name.startsWith("dev.lazuli." + to + ".")))
        .isEmpty();
  }

  @Test
  void everyClass_livesInARoom() {
    var rooms =
        HouseRoom.ALL.stream()
            .map(room -> "dev.lazuli." + room.name() + "..")
            .toArray(String[]::new);
    classes().should().resideInAnyPackage(rooms).check(code);
  }

  @Test
  void packages_formNoCycles() {
    slices()
        .matching("dev.lazuli.(**)")
        .should()
        .beFreeOfCycles()
        // What the decoder needs of a chunk table is declared beside the decoder; the index has it.
        .ignoreDependency(
            resideInAPackage("dev.lazuli.estargz.toc.."),
            name("dev.lazuli.estargz.read.ChunkTableView"))
        .check(code);
  }

  @ParameterizedTest
  @FieldSource("dev.lazuli.snapshotter.HouseRoom#WITHOUT_CIRCLES")
  void classes_formNoCycles(String room) {
    slices().assignedFrom(new ClassesOf(room)).should().beFreeOfCycles().check(code);
  }

  /** Each class of a room, with all that is inside it. */
  private record ClassesOf(String room) implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().matches("dev\\.lazuli\\." + room + "(\\..*)?")
          ? SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""))
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "classes of " + room;
    }
  }

  /** Behind the cache's own package is what only the cache needs, but for these. */
  @Test
  void cache_isUsedByItsFront() {
    noClasses()
        .that(outside("dev.lazuli.cache.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("dev.lazuli.cache.*..")
                .and(
                    notNamed(
                        "dev.lazuli.cache.chunks.ChunkTable",
                        "dev.lazuli.cache.chunks.SpanTable",
                        "dev.lazuli.cache.chunks.StartTable",
                        "dev.lazuli.cache.disk.BlocksOf",
                        "dev.lazuli.cache.disk.CacheCorruptException",
                        "dev.lazuli.cache.disk.HolePuncher")))
        .check(code);
  }

  /** What the module does not export: the daemon runs from the class path, where Java lets it. */
  @Test
  void insideOfRegistry_isSeenOnlyThere() {
    noClasses()
        .that(resideOutsideOfPackage("dev.lazuli.registry.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.lazuli.registry.auth..",
            "dev.lazuli.registry.hosts..",
            "dev.lazuli.registry.http..")
        .check(code);
  }

  @Test
  void whatIsFetchedWhen_isDecidedByItself() {
    noClasses()
        .that(resideInAPackage("dev.lazuli.snapshotter.fetch.plan.."))
        .should()
        .dependOnClassesThat(
            resideInAPackage(ALL).and(outside("dev.lazuli.snapshotter.fetch.plan..")))
        .check(code);
  }

  @Test
  void packages_haveAtMostFortyFiles() throws IOException {
    var files = sourcesAndTests().collect(groupingBy(Path::getParent, counting()));

    assertThat(files).hasSizeGreaterThan(40);
    assertThat(files).allSatisfy((_, count) -> assertThat(count).isLessThanOrEqualTo(40));
  }

  @Test
  void files_haveAtMost350Lines() throws IOException {
    for (var source : sourcesAndTests().toList()) {
      assertThat(Files.readAllLines(source)).as("%s", source).hasSizeLessThanOrEqualTo(350);
    }
  }

  @Test
  void tests_waitForConditionsAndNotForTime() throws IOException {
    var waiting =
        Pattern.compile("((Thread|[A-Z]+)\\.sleep|parkNanos|onSpinWait|Thread\\.yield)\\(");
    var found = new TreeSet<String>();
    for (var source : sources("src/test/java").toList()) {
      if (waiting.matcher(Files.readString(source)).find()) {
        found.add(source.getFileName().toString());
      }
    }
    assertThat(found).isEqualTo(SLOW_ON_PURPOSE);
  }

  /** Returns the source files of all modules, without tests and generated code. */
  private static Stream<Path> sources() throws IOException {
    return sources("src/main/java");
  }

  private static Stream<Path> sourcesAndTests() throws IOException {
    return Stream.concat(sources(), sources("src/test/java"));
  }

  private static Stream<Path> sources(String folder) throws IOException {
    try (var modules = Files.list(Path.of("..").toRealPath())) {
      var roots = modules.map(module -> module.resolve(folder)).filter(Files::isDirectory);
      var sources = new ArrayList<Path>();
      for (var root : roots.toList()) {
        try (var files = Files.walk(root)) {
          files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
        }
      }
      return sources.stream();
    }
  }

  @Test
  void onlyTheKernelPackage_callsNativeCode() {
    noClasses()
        .that(resideOutsideOfPackage("dev.lazuli.bridge.kernel.."))
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Linker.class, SymbolLookup.class)
        .check(code);
  }

  @Test
  void grpc_staysAtTheBorder() {
    noClasses()
        .that(
            outside(
                "dev.lazuli.snapshotter.snapshots..",
                "dev.lazuli.snapshotter.containerd..",
                "dev.lazuli.snapshotter.transport..",
                "dev.lazuli.snapshotter.cli.."))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.grpc..")
        .check(code);
  }

  @Test
  void names_sayWhatAClassIs() {
    classes()
        // "Credential helper" is Docker's own name for the program that it runs.
        .that()
        .doNotHaveSimpleName("CredentialHelper")
        .should()
        .haveNameNotMatching(".*(Manager|Utils?|Helpers?|Impl)")
        .check(code);
  }

  /**
   * Who searches for a type finds one. Variants of a sealed type are read with its name before
   * theirs, as in {@code TocTrust.Json}, and types inside others may share a name among themselves.
   */
  @Test
  void typeNames_existOnce() {
    var owners =
        code.stream()
            .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
            .collect(groupingBy(JavaClass::getSimpleName, mapping(JavaClass::getName, toList())));

    assertThat(owners).allSatisfy((name, types) -> assertThat(types).as(name).hasSize(1));
    assertThat(code)
        .filteredOn(type -> type.isMemberClass() && !isVariant(type))
        .allSatisfy(type -> assertThat(owners).doesNotContainKey(type.getSimpleName()));
  }

  /** Tests and their rigs are searched for by name like everything else. */
  @Test
  void sourceFiles_existOnce() throws IOException {
    var names =
        sourcesAndTests()
            .filter(source -> !source.toString().endsWith("-info.java"))
            .collect(groupingBy(Path::getFileName));

    assertThat(names).hasSizeGreaterThan(1000);
    assertThat(names.values()).allSatisfy(files -> assertThat(files).hasSize(1));
  }

  private static boolean isVariant(JavaClass type) {
    return type.getEnclosingClass()
        .filter(outer -> type.isAssignableTo(outer.getName()))
        .isPresent();
  }

  @Test
  void packages_areNullMarked() {
    assertThat(code)
        .allSatisfy(
            type ->
                assertThat(type.getPackage().isAnnotatedWith(NullMarked.class))
                    .as("%s is in a @NullMarked package", type.getName())
                    .isTrue());
  }

  private static DescribedPredicate<JavaClass> notNamed(String... names) {
    var allowed = Set.of(names);
    return DescribedPredicate.describe(
        "not " + allowed,
        type -> allowed.stream().noneMatch(name -> (type.getName() + "$").startsWith(name + "$")));
  }

  private static DescribedPredicate<JavaClass> outside(String... packages) {
    return DescribedPredicate.not(resideInAnyPackage(packages));
  }
}
