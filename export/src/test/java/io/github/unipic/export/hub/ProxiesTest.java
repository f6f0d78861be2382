package io.github.unipic.export.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
    private static final URI HUB = URI.create("https://huggingface.co/api");

    private static String port(Map<String, String> variables, URI address) {
        Proxy proxy = Proxies.of(variables::get).select(address).get(0);
        return proxy.type() == Proxy.Type.DIRECT
                ? "direct"
                : Integer.toString(((InetSocketAddress) proxy.address()).getPort());
    }

    @Test
    void eachSchemeHasItsOwnAndLowerCaseComesFirst() {
        Map<String, String> variables = Map.of(
                "HTTPS_PROXY", "http://proxy:1",
                "https_proxy", "http://proxy:2/",
                "HTTP_PROXY", "proxy:3");
        assertThat(port(variables, HUB)).isEqualTo("2");
        assertThat(port(variables, URI.create("http://mirror/x"))).isEqualTo("3");
        assertThat(port(Map.of("ALL_PROXY", "http://proxy:4"), HUB)).isEqualTo("4");
        assertThat(port(Map.of(), HUB)).isEqualTo("direct");
        assertThat(port(Map.of("HTTP_PROXY", "proxy:3"), HUB)).isEqualTo("direct");
    }

    @ParameterizedTest
    @CsvSource({
        "huggingface.co,             direct",
        "'a.org, huggingface.co',    direct",
        ".huggingface.co,            direct",
        "*.HuggingFace.co,           direct",
        "co,                         direct",
        "*,                          direct",
        "face.co,                    1",
        "cdn.huggingface.co,         1",
        "huggingface.co:80,          1",
        "'',                         1",
    })
    void someHostsAreReachedWithout(String without, String expected) {
        assertThat(port(Map.of("HTTPS_PROXY", "http://proxy:1", "NO_PROXY", without), HUB))
                .isEqualTo(expected);
    }

    @Test
    void javasOwnSettingsComeFirst() {
        System.setProperty("https.proxyHost", "java");
        System.setProperty("https.proxyPort", "9");
        try {
            assertThat(port(Map.of("HTTPS_PROXY", "http://proxy:1"), HUB)).isEqualTo("9");
        } finally {
            System.clearProperty("https.proxyHost");
            System.clearProperty("https.proxyPort");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks5://me:secret@proxy:1", "https://me:secret@proxy", "http://me:secret@", "http://a b"})
    void whatIsNoHttpProxyIsNamedWithoutItsPassword(String proxy) {
        assertThatThrownBy(() -> Proxies.of(Map.of("HTTPS_PROXY", proxy)::get))
                .isInstanceOf(DownloadException.class)
                .hasMessageContaining("HTTPS_PROXY is not the address of an HTTP proxy")
                .message()
                .doesNotContain("secret");
    }
}
