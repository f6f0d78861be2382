package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.UniPic;
import io.github.unipic.server.UniPicServer;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ServePageTest {
    @Test
    void thePageSaysWhatTheBuiltInModelCanDo() throws Exception {
        CompletableFuture<UniPic> never = new CompletableFuture<>();
        UniPicServer.Builder builder = UniPicServer.builder(never::join).port(0);
        Examples.describeOn(builder);
        try (UniPicServer server = builder.start()) {
            HttpRequest request =
                    HttpRequest.newBuilder(server.uri().resolve("/info")).build();
            String info = HttpClient.newHttpClient()
                    .send(request, BodyHandlers.ofString())
                    .body();
            assertThat(info)
                    .contains("\"status\":\"loading\"", "built-in demo model", "`unipic download --export int8`")
                    .contains("\"prompts\":[\"a small green cross", "\"edits\":[\"Make the background cyan\"")
                    .contains("\"questions\":[\"Describe the image in detail.\"]");
        }
    }
}
