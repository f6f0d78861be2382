package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.server.RawHttp.Answer;
import io.github.unipic.server.http.Limits;
import io.github.unipic.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small files that declare huge images, and many images at once. */
@Timeout(300)
class ImageBombTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final int HUGE = 60_000;

    private static byte[] bomb(String kind) throws IOException {
        return switch (kind) {
            case "png" -> png(HUGE, HUGE, false);
            case "png with pixels" -> png(20_000, 20_000, true);
            case "gif" ->
                ByteBuffer.allocate(40)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                        .putShort((short) HUGE)
                        .putShort((short) HUGE)
                        .put(new byte[] {0, 0, 0, ','})
                        .putInt(0)
                        .putShort((short) HUGE)
                        .putShort((short) HUGE)
                        .array();
            case "webp" ->
                ByteBuffer.allocate(30)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put("RIFF".getBytes(StandardCharsets.US_ASCII))
                        .putInt(22)
                        .put("WEBPVP8X".getBytes(StandardCharsets.US_ASCII))
                        .putInt(10)
                        .putInt(0)
                        .put(new byte[] {(byte) 0x5f, (byte) 0xea, 0, (byte) 0x5f, (byte) 0xea, 0})
                        .array();
            case "bmp" ->
                ByteBuffer.allocate(60)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put("BM".getBytes(StandardCharsets.US_ASCII))
                        .putInt(60)
                        .putInt(0)
                        .putInt(54)
                        .putInt(40)
                        .putInt(HUGE)
                        .putInt(HUGE)
                        .putShort((short) 1)
                        .putShort((short) 24)
                        .array();
            default -> throw new IllegalArgumentException(kind);
        };
    }

    /** One color, so that few bytes hold many pixels. */
    private static byte[] png(int width, int height, boolean withPixels) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        chunk(
                file,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put(new byte[] {1, 0, 0, 0, 0})
                        .array());
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(pixels)) {
            byte[] row = new byte[1 + (width + 7) / 8];
            for (int y = 0; y < (withPixels ? height : 1); y++) {
                deflater.write(row);
            }
        }
        chunk(file, "IDAT", pixels.toByteArray());
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] content) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(content);
        DataOutputStream out = new DataOutputStream(file);
        out.writeInt(content.length);
        out.write(name);
        out.write(content);
        out.writeInt((int) crc.getValue());
    }

    private static String base64(byte[] file) {
        return Base64.getEncoder().encodeToString(file);
    }

    private static void assertRefused(JsonNode error, int status, String parameter) {
        assertThat(status).as(error.toString()).isEqualTo(400);
        assertThat(error.path("param").asText()).isEqualTo(parameter);
        assertThat(error.path("message").asText()).isNotBlank().doesNotContain("\n", "Exception");
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "png with pixels", "gif", "webp", "bmp"})
    void hugeImagesAreRefusedBeforeTheyAreDecoded(String kind) throws Exception {
        byte[] bomb = bomb(kind);
        HttpResponse<String> edit = SERVER.post(
                "/v1/images/edits", TestServer.form(Map.of("prompt", "a")).file("image", bomb));
        assertRefused(TestServer.json(edit).path("error"), edit.statusCode(), "image");
        assertThat(edit.body()).contains("pixels");
        HttpResponse<String> mask = SERVER.post(
                "/v1/images/edits",
                TestServer.form(Map.of("prompt", "a"))
                        .file("image", TestImages.gradient(16, 16).toPng())
                        .file("mask", bomb));
        assertRefused(TestServer.json(mask).path("error"), mask.statusCode(), "mask");
        Answer chat = RawHttp.postJson(SERVER, "/v1/chat/completions", chat(1, bomb));
        assertRefused(chat.error(), chat.status(), "messages[0]");
        Answer img2img = RawHttp.postJson(
                SERVER, "/sdapi/v1/img2img", "{\"prompt\":\"a\",\"init_images\":[\"" + base64(bomb) + "\"]}");
        assertThat(img2img.status()).isEqualTo(400);
        assertThat(img2img.json().path("detail").asText()).contains("pixels");
    }

    private static String chat(int images, byte[] file) {
        String part = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," + base64(file) + "\"}}";
        return "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":["
                + IntStream.range(0, images).mapToObj(i -> part).collect(Collectors.joining(","))
                + "]}]}";
    }

    /** Each is allowed; 64 of them would take 64 times 3 bytes a pixel. */
    @Test
    void manyImagesTogetherAreBounded() throws Exception {
        byte[] file = png(1000, 1000, true);
        try (TestServer server =
                TestServer.start(options -> options.limits(Limits.DEFAULTS.withSizes(1 << 20, 10 << 20)))) {
            Answer answer = RawHttp.postJson(server, "/v1/chat/completions", chat(64, file));
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.error().path("code").asText()).isEqualTo("request_too_large");
            // All is given back.
            byte[] three = chat(3, file).getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 5; i++) {
                assertThat(RawHttp.postOnceThereIsRoom(server, "/v1/chat/completions", three)
                                .status())
                        .isEqualTo(200);
            }
            assertThat(RawHttp.postJson(server, "/v1/chat/completions", chat(65, png(8, 8, true)))
                            .error()
                            .path("param")
                            .asText())
                    .isEqualTo("messages");
        }
    }
}
