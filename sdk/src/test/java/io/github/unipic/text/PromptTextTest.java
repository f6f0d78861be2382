package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.text.PromptText.Part;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptTextTest {
    private static final PromptText TYPED = PromptText.typed("fox", false);

    @Test
    void onlyATemplateIsTrustedUnlessTheUserIs() {
        assertThat(PromptText.template("a").parts()).containsExactly(new Part("a", true));
        assertThat(TYPED.parts()).containsExactly(new Part("fox", false));
        assertThat(PromptText.typed("fox", true).parts()).containsExactly(new Part("fox", true));
    }

    @Test
    void takesThePlaceholdersPosition() {
        assertThat(TYPED.in("a {} b {}", "{}").parts())
                .containsExactly(new Part("a ", true), new Part("fox", false), new Part(" b {}", true));
        assertThat(TYPED.in("{}b", "{}").parts())
                .containsExactly(new Part("", true), new Part("fox", false), new Part("b", true));
        assertThat(TYPED.in("nothing", "{}").parts()).containsExactly(new Part("nothing", true));
    }

    @Test
    void partsAreCopied() {
        List<Part> parts = new ArrayList<>(List.of(new Part("a", true)));
        PromptText text = new PromptText(parts);
        parts.clear();
        assertThat(text.parts()).hasSize(1);
    }
}
