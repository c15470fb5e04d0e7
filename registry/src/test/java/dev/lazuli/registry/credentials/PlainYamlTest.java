package dev.lazuli.registry.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainYamlTest {
  @Test
  void configurationOfAProvider_isReadAsItsJson() throws IOException {
    var document =
        """
        # as the documentation of Kubernetes has it
        ---
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
          - name: "ecr-credential-provider" # of a cloud
            matchImages:
              - "*.dkr.ecr.*.amazonaws.com"
              - registry.io:8080/path
              - 'it''s.example'
            defaultCacheDuration: "12h"
            args:
            - get-credentials
            - --v=3
            env:
              - name: AWS_PROFILE
                value: a#b
          -
            name: "say \\"hi\\""
            matchImages: ["a.example", 'b,c.example', d.example]
            args: []
        "key: quoted": {}
        last:
        """;

    assertThat(PlainYaml.parse(document).toString())
        .isEqualTo(
            """
            {'apiVersion':'kubelet.config.k8s.io/v1','kind':'CredentialProviderConfig','providers':[\
            {'name':'ecr-credential-provider','matchImages':['*.dkr.ecr.*.amazonaws.com',\
            'registry.io:8080/path',"it's.example"],'defaultCacheDuration':'12h',\
            'args':['get-credentials','--v=3'],'env':[{'name':'AWS_PROFILE','value':'a#b'}]},\
            {'name':'say \\"hi\\"','matchImages':['a.example','b,c.example','d.example'],'args':[]}],\
            'key: quoted':{},'last':''}\
            """
                .replace("'", "\"")
                .replace("it\"s", "it's"));
  }

  @Test
  void nothing_isAnEmptyObject() throws IOException {
    assertThat(PlainYaml.parse("\n# only this\n").isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: *alias",
        "a: &anchor b",
        "a: |\n  text",
        "a: {b: c}",
        "a: [b,\n  c]",
        "a: \"open",
        "a: \"x\" y\"",
        "a: \"\\x41\"",
        "a: b\n  c: d",
        "a:\n\t- b",
        "word",
        ": b",
        "a:\n  - b\n c: d"
      })
  void whatIsNotUnderstood_isRefusedWithItsLine(String document) {
    assertThatThrownBy(() -> PlainYaml.parse(document))
        .isInstanceOf(IOException.class)
        .hasMessageMatching("line [12345]: .*");
  }

  @Test
  void depth_isBounded() {
    assertThatThrownBy(() -> PlainYaml.parse("- ".repeat(100_000) + "a"))
        .hasMessageContaining("too deep");
  }
}
