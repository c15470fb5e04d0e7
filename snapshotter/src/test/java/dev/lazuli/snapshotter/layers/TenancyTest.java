package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TenancyTest {
  @Test
  void everything_isLazyByDefault() {
    assertThat(Tenancy.DEFAULT.mayBeLazy("python:3")).isTrue();
    assertThat(Tenancy.DEFAULT.mayBeLazy("registry.example:5000/a/b@sha256:" + "0".repeat(64)))
        .isTrue();
    assertThat(Tenancy.DEFAULT.mayBeLazy("/images/layout:1")).isTrue();
  }

  @Test
  void lazyFrom_namesRegistriesAndRepositories() {
    var tenancy =
        new Tenancy(List.of("registry.example/team/*", "docker.io/library/python"), false);

    assertThat(tenancy.mayBeLazy("registry.example/team/app:1")).isTrue();
    assertThat(tenancy.mayBeLazy("registry.example/team/a/b:1")).isTrue();
    assertThat(tenancy.mayBeLazy("python:3")).isTrue();
    assertThat(tenancy.mayBeLazy("registry.example/teams/app:1")).isFalse();
    assertThat(tenancy.mayBeLazy("evil.example/registry.example/team/app:1")).isFalse();
    assertThat(tenancy.mayBeLazy("registryXexample/team/app:1")).isFalse();
    assertThat(tenancy.mayBeLazy("python3")).isFalse();
    assertThat(new Tenancy(List.of(), false).mayBeLazy("python:3")).isFalse();
    assertThat(tenancy.mayBeLazy("no reference at all")).isFalse();
  }

  @Test
  void chunks_areCopiedOnlyToThoseWhoMayReadAllOfTheSource() {
    var secret = List.of("registry.example/secret:1");
    var both = List.of("registry.example/secret:2", "registry.example/app:1");
    var evil = List.of("evil.example/guess:1");

    assertThat(Tenancy.DEFAULT.mayCopy(secret, List.of("registry.example/secret:2"))).isTrue();
    assertThat(Tenancy.DEFAULT.mayCopy(both, secret)).isTrue();
    assertThat(Tenancy.DEFAULT.mayCopy(secret, both)).isFalse();
    assertThat(Tenancy.DEFAULT.mayCopy(secret, evil)).isFalse();
    assertThat(Tenancy.DEFAULT.mayCopy(secret, List.of())).isFalse();
    assertThat(Tenancy.DEFAULT.mayCopy(List.of("no reference"), List.of("no reference"))).isFalse();
    assertThat(new Tenancy(List.of("*"), true).mayCopy(secret, evil)).isTrue();
  }

  @Test
  void layers_areSharedWithinARepository() {
    var others = List.of("registry.example/app:1", "not a reference");

    assertThat(Tenancy.DEFAULT.shares(others, "registry.example/app:2")).isTrue();
    assertThat(Tenancy.DEFAULT.shares(others, "registry.example/apps:1")).isFalse();
    assertThat(Tenancy.DEFAULT.shares(others, "evil.example/app:1")).isFalse();
    assertThat(Tenancy.DEFAULT.shares(others, "not a reference")).isFalse();
    assertThat(new Tenancy(List.of("*"), true).shares(others, "evil.example/app:1")).isTrue();
  }
}
