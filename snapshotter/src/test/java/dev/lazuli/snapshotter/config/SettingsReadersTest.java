package dev.lazuli.snapshotter.config;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A setting that nobody reads promises what it does not do. */
final class SettingsReadersTest {
  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.lazuli.snapshotter");

  @Test
  void setting_isReadIntoTheConfiguration() {
    var settings =
        CODE.stream()
            .flatMap(type -> type.getFields().stream())
            .filter(field -> field.getRawType().isEquivalentTo(Setting.class))
            .toList();

    assertThat(settings).hasSameSizeAs(Settings.all());
    assertThat(settings).filteredOn(SettingsReadersTest::hasNoReader).isEmpty();
  }

  @Test
  void componentOfTheConfiguration_isReadByTheDaemonOrACommand() {
    var unread =
        records().stream()
            .flatMap(type -> Stream.of(type.getRecordComponents()))
            .filter(component -> !isReadElsewhere(component))
            .map(component -> component.getDeclaringRecord().getSimpleName() + "." + component)
            .toList();

    assertThat(unread).isEmpty();
  }

  private static List<Class<?>> records() {
    var all = new ArrayList<Class<?>>(List.of(Configuration.class));
    all.addAll(List.of(Configuration.class.getDeclaredClasses()));
    assertThat(all).hasSizeGreaterThan(5).allMatch(Class::isRecord);
    return all;
  }

  private static boolean hasNoReader(JavaField setting) {
    return setting.getAccessesToSelf().stream()
        .allMatch(access -> access.getOriginOwner().equals(setting.getOwner()));
  }

  private static boolean isReadElsewhere(RecordComponent component) {
    var accessor = CODE.get(component.getDeclaringRecord()).getMethod(component.getName());
    var config = resideInAPackage(Configuration.class.getPackageName());
    return accessor.getAccessesToSelf().stream()
        .anyMatch(access -> !config.test(access.getOriginOwner()));
  }
}
