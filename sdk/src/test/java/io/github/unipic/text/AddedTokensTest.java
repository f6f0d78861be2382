package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.text.AddedTokens.AddedToken;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddedTokensTest {
    private static final AddedTokens TOKENS = new AddedTokens(List.of(
            new AddedToken("<a>", 1, true),
            new AddedToken("<a><a>", 2, true),
            new AddedToken("<call>", 3, false),
            new AddedToken("<image>", 4, true),
            new AddedToken("[x]", 5, true)));

    /** Text and ids in their order. */
    private static List<Object> split(AddedTokens tokens, String text, boolean special) {
        List<Object> parts = new ArrayList<>();
        tokens.split(text, token -> token.special() == special, parts::add, token -> parts.add(token.id()));
        return parts;
    }

    @Test
    void theLongestOfThoseThatBeginAtAnIndexIsFound() {
        assertThat(split(TOKENS, "1<a>2<a><a><a>", true)).containsExactly("1", 1, "2", 2, "", 1, "");
    }

    @Test
    void namesAreNoPatterns() {
        assertThat(split(TOKENS, "x[x]", true)).containsExactly("x", 5, "");
    }

    @Test
    void unwantedTokensAndImagesStayText() {
        assertThat(split(TOKENS, "<call><a><image>", true)).containsExactly("<call>", 1, "<image>");
        assertThat(split(TOKENS, "<call><a><image>", false)).containsExactly("", 3, "<a><image>");
    }

    @Test
    void withoutTokensAllIsText() {
        assertThat(split(new AddedTokens(List.of()), "<a>", true)).containsExactly("<a>");
    }

    @Test
    void isAskedByNameAndId() {
        assertThat(TOKENS.find("<call>")).hasValue(new AddedToken("<call>", 3, false));
        assertThat(TOKENS.find("<b>")).isEmpty();
        assertThat(TOKENS.isSpecial(4)).isTrue();
        assertThat(TOKENS.isSpecial(3)).isFalse();
        assertThat(TOKENS.isSpecial(99)).isFalse();
    }
}
