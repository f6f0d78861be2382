package io.github.unipic.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ExchangeTest {
    /** It may wait for the lock while the exchange ends, and would be followed by others forever. */
    @Test
    void aBlankThatComesLateIsNotSent() throws Exception {
        CompletableFuture<Exchange> ended = new CompletableFuture<>();
        Router router = new Router(
                        Limits.DEFAULTS, new AccessControl(Optional.empty(), Set.of()), (path, status) -> {}, false)
                .add("GET", "/nothing", exchange -> {
                    exchange.cancellation();
                    ended.complete(exchange);
                });
        try (JettyServer server = JettyServer.start(router, "127.0.0.1", 0, Optional.empty())) {
            server.uri().resolve("/nothing").toURL().openStream().close();
            Exchange exchange = ended.join();
            exchange.sendBlank();
            assertThat(exchange.sent()).isZero();
        }
    }
}
